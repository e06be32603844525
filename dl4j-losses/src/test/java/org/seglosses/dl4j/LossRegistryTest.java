package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.seglosses.samediff.loss.Mode;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/** The suites go through {@link Losses}: a loss that is missing there would not be tested. */
class LossRegistryTest {

    static Set<Class<?>> losses() {
        return new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("org.seglosses.dl4j")
                        .stream()
                        .filter(found -> found.isAssignableTo(ILossFunction.class))
                        .filter(found -> !found.getModifiers().contains(JavaModifier.ABSTRACT))
                        .map(JavaClass::reflect)
                        .collect(Collectors.toSet());
    }

    @Test
    void everyLossIsListed() {
        Set<Class<?>> listed =
                Arrays.stream(Losses.values())
                        .map(loss -> loss.function().getClass())
                        .collect(Collectors.toSet());
        assertThat(losses()).isNotEmpty().isEqualTo(listed);
    }

    @Test
    void everyModeIsReached() {
        assertThat(Losses.inAllModes())
                .extracting(Losses.InMode::mode)
                .containsAll(EnumSet.allOf(Mode.class));
    }

    /** One final, immutable class a loss, in the package that users look in. */
    @Test
    void lossesAreFinalAndNamedLoss() {
        for (Class<?> loss : losses()) {
            assertThat(loss).isFinal().isPublic();
            assertThat(loss.getSimpleName()).startsWith("Loss");
            assertThat(loss.getPackageName()).isEqualTo("org.seglosses.dl4j");
        }
    }
}
