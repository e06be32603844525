package org.seglosses.dl4j;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.concurrency.AffinityManager;

@AnalyzeClasses(
        packages = "org.seglosses.dl4j",
        importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    /**
     * On a GPU an array has two copies, and one place knows which is current: what a loss computes
     * is up to samediff-ops, and the evaluation reads by planes.
     */
    @ArchTest
    static final ArchRule memoryIsReachedThroughPlanesAlone =
            noClasses()
                    .that()
                    .doNotHaveSimpleName("Planes")
                    .should()
                    .dependOnClassesThat()
                    .areAssignableTo(DataBuffer.class)
                    .orShould()
                    .dependOnClassesThat()
                    .areAssignableTo(AffinityManager.class)
                    .orShould()
                    .dependOnClassesThat()
                    .resideInAnyPackage("org.bytedeco..", "org.nd4j.nativeblas..");
}
