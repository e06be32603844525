package org.seglosses.samediff;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaModifier.FINAL;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.concurrency.AffinityManager;

import java.util.Set;

/** The arrows between the packages, and the rules of the house that a compiler does not know. */
@AnalyzeClasses(
        packages = "org.seglosses.samediff",
        importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String PLAN = "org.seglosses.samediff.plan";
    private static final String OP = "org.seglosses.samediff.op";
    private static final String LOSS = "org.seglosses.samediff.loss";

    @ArchTest
    static final ArchRule plansKnowNeitherOpsNorLosses =
            noClasses()
                    .that()
                    .resideInAPackage(PLAN)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(OP, LOSS);

    @ArchTest
    static final ArchRule opsDoNotKnowLosses =
            noClasses()
                    .that()
                    .resideInAPackage(OP)
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage(LOSS);

    @ArchTest
    static final ArchRule nothingHereKnowsDeeplearning4j =
            noClasses().should().dependOnClassesThat().resideInAPackage("org.deeplearning4j..");

    /**
     * On a GPU an array has two copies, and one place knows which is current. A plan compares
     * buffers and cuts them to length; INDArray's own accessors of one element make the host's copy
     * current themselves.
     */
    @ArchTest
    static final ArchRule memoryIsReachedThroughHostArrayAlone =
            noClasses()
                    .that()
                    .doNotHaveSimpleName("HostArray")
                    .should()
                    .callMethodWhere(
                            describe(
                                    "a buffer's memory is reached",
                                    call ->
                                            call.getTargetOwner().isAssignableTo(DataBuffer.class)
                                                    && !Set.of("length", "originalDataBuffer")
                                                            .contains(call.getName())))
                    .orShould()
                    .dependOnClassesThat()
                    .areAssignableTo(AffinityManager.class)
                    .orShould()
                    .dependOnClassesThat()
                    .resideInAnyPackage("org.bytedeco..", "org.nd4j.nativeblas..");

    @ArchTest static final ArchRule nothingPrints = NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;

    @ArchTest static final ArchRule slf4jAlone = NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;

    @ArchTest
    static final ArchRule namesSayWhatAClassIs =
            noClasses().should().haveNameMatching(".*(Utils?|Helper|Manager|Impl)");

    /** Only JavaOp is there to be extended. */
    @ArchTest
    static final ArchRule publicClassesAreFinal =
            classes()
                    .that()
                    .arePublic()
                    .and()
                    .areNotInterfaces()
                    .and()
                    .areNotEnums()
                    .and()
                    .doNotHaveFullyQualifiedName(OP + ".JavaOp")
                    .should()
                    .haveModifier(FINAL);
}
