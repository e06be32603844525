package org.seglosses.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import org.deeplearning4j.config.DL4JClassLoading;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

import java.lang.ref.Reference;
import java.util.List;

/** The report says what is, and where oneDNN cannot be had nothing is touched. */
class OneDnnTest {

    private static final String DISABLE = "org.eclipse.deeplearning4j.helpers.disable";

    @BeforeEach
    @AfterEach
    void asAtTheStart() {
        System.clearProperty(DISABLE);
    }

    @Test
    void everyConditionHoldsInAFreshJvm() throws Exception {
        assumeNatives();
        List<String> lines = Fork.run(path -> true, "train");
        assertThat(lines)
                .contains("natives=true", "shim=true", "property=true", "inTime=true")
                .contains("active=true", "set=false", "finite=true")
                .noneMatch("helper=null"::equals);
        assertThat(lines).filteredOn(line -> line.contains("oneDNN is on")).hasSize(1);
    }

    @Test
    void nativesWithoutOneDnnAreReported() throws Exception {
        assumeCpuBackend();
        List<String> lines = Fork.run(path -> !path.contains("-onednn.jar"), "train");
        assertThat(lines)
                .contains("natives=false", "shim=false", "property=false", "active=false")
                .contains("set=null", "helper=null", "finite=true");
        assertThat(lines)
                .filteredOn(line -> line.contains("oneDNN is off"))
                .singleElement()
                .asString()
                .contains("INFO", "with the classifier", "-onednn");
    }

    @Test
    void noBackendIsReported() throws Exception {
        List<String> lines =
                Fork.run(path -> !path.contains("nd4j-native-1") && !path.contains("nd4j-cuda"));
        assertThat(lines).contains("natives=false", "active=false", "set=null");
        assertThat(lines)
                .filteredOn(line -> line.contains("oneDNN is off"))
                .singleElement()
                .asString()
                .contains("ND4J does not start", "NoAvailableBackendException");
    }

    @Test
    void beingTooLateIsReported() {
        assumeNatives();
        OneDnn.disable();
        ComputationGraph early = Nets.unet(DataType.FLOAT, new Sgd(0.1));
        OneDnnReport report = OneDnn.enable();
        Reference.reachabilityFence(early);

        assertThat(report.property().holds()).isTrue();
        assertThat(report.inTime().holds()).isFalse();
        // 5 convolutions and 2 poolings; what other tests left behind may add to them.
        assertThat(report.inTime().why()).matches("\\d+ convolution and pooling layers .*");
        assertThat(report.active()).isFalse();
        assertThat(report)
                .hasToString(
                        "oneDNN is on for networks built from now on, but "
                                + report.inTime().why());
    }

    @Test
    void layersAreCountedUntilTheyAreFast() {
        assumeNatives();
        OneDnn.disable();
        long before = LivingLayers.withoutHelper().orElseThrow();
        ComputationGraph slow = Nets.unet(DataType.FLOAT, new Sgd(0.1));
        long withSlow = LivingLayers.withoutHelper().orElseThrow();
        Reference.reachabilityFence(slow);
        assertThat(withSlow - before).isEqualTo(7);
        OneDnn.enable();
        ComputationGraph fast = Nets.unet(DataType.FLOAT, new Sgd(0.1));
        long withFast = LivingLayers.withoutHelper().orElseThrow();
        Reference.reachabilityFence(fast);
        assertThat(withFast).isLessThanOrEqualTo(withSlow);
    }

    @Test
    void theUsersNoIsRespected() {
        assumeNatives();
        System.setProperty(DISABLE, "true");
        OneDnnReport report = OneDnn.enable();
        assertThat(report.property().holds()).isFalse();
        assertThat(report).hasToString("oneDNN is off: " + DISABLE + " was set to true");
        assertThat(System.getProperty(DISABLE)).isEqualTo("true");
    }

    @Test
    void aClassLoaderThatDoesNotSeeTheShimIsReported() {
        assumeNatives();
        ClassLoader usual = DL4JClassLoading.getDl4jClassloader();
        DL4JClassLoading.setDl4jClassloader(ClassLoader.getPlatformClassLoader());
        try {
            OneDnnReport report = OneDnn.enable();
            assertThat(report.shim().holds()).isFalse();
            assertThat(report.toString()).contains("setDl4jClassloaderFromClass");
            assertThat(System.getProperty(DISABLE)).isNull();
        } finally {
            DL4JClassLoading.setDl4jClassloader(usual);
        }
        // DL4J was not led to remember a no.
        assertThat(OneDnn.enable().shim().holds()).isTrue();
    }

    @Test
    void forbiddenHelpersAreReported() {
        assumeNatives();
        Nd4j.getEnvironment().allowHelpers(false);
        try {
            OneDnnReport report = OneDnn.enable();
            assertThat(report.shim().holds()).isFalse();
            assertThat(report.toString()).contains("allowHelpers(true)");
        } finally {
            Nd4j.getEnvironment().allowHelpers(true);
        }
        assertThat(OneDnn.enable().shim().holds()).isTrue();
    }

    @Test
    void disableIsTheDefaultAgain() {
        assumeNatives();
        OneDnn.enable();
        OneDnn.disable();
        ComputationGraph net = Nets.unet(DataType.FLOAT, new Sgd(0.1));
        assertThat(net.getLayer("down").getHelper()).isNull();
    }

    private static void assumeNatives() {
        assumeThat(OneDnn.enable().natives().holds()).as("natives with oneDNN").isTrue();
        OneDnn.disable();
    }

    private static void assumeCpuBackend() {
        assumeThat(System.getProperty("java.class.path")).contains("nd4j-native-1");
    }
}
