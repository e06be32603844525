package org.seglosses.onednn;

import static org.seglosses.onednn.OneDnnReport.Condition.met;
import static org.seglosses.onednn.OneDnnReport.Condition.unmet;

import org.bytedeco.javacpp.Loader;
import org.deeplearning4j.config.DL4JClassLoading;
import org.deeplearning4j.config.DL4JSystemProperties;
import org.deeplearning4j.nn.layers.mkldnn.BaseMKLDNNHelper;
import org.deeplearning4j.nn.layers.mkldnn.MKLDNNConvHelper;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.Nd4jCpu;
import org.seglosses.onednn.OneDnnReport.Condition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.OptionalLong;

/**
 * Switches on DL4J's own oneDNN implementations of convolution, pooling and batch normalization,
 * which 1.0.0-M2.1 ships but never reaches: a system property is off by default, and the class by
 * which DL4J asks ND4J for oneDNN has moved (this module has one of that name).
 *
 * <pre>{@code
 * OneDnn.enable(); // before the first network is built
 * ComputationGraph net = new ComputationGraph(configuration);
 * }</pre>
 *
 * <p>The machine code is the user's choice and no dependency of this module: put {@code
 * org.nd4j:nd4j-native} with the classifier {@code linux-x86_64-onednn}, {@code
 * macosx-x86_64-onednn} or {@code windows-x86_64-onednn} on the class path, beside the plain one or
 * in its place. Without it, or with another backend, {@link #enable()} changes nothing and says so.
 *
 * <p>DL4J uses oneDNN for FLOAT networks only; others train as before. oneDNN's convolution refuses
 * dilation: such a layer warns once and runs as before, while a dilated {@code conv2d} in a FLOAT
 * SameDiff graph fails with these natives, whether switched on here or not ({@code
 * Nd4j.getEnvironment().allowHelpers(false)} helps, and switches all of it off). {@code
 * -Dorg.eclipse.deeplearning4j.helpers.disable=true} on the command line overrules {@link
 * #enable()}.
 */
public final class OneDnn {

    private static final Logger log = LoggerFactory.getLogger(OneDnn.class);

    private static final String DISABLE = DL4JSystemProperties.DISABLE_HELPER_PROPERTY;

    private OneDnn() {}

    /**
     * Switches oneDNN on for every network built from now on, if that is possible, and logs one
     * line that says whether it was. Never throws, and may be called again.
     *
     * @return what was found
     */
    public static synchronized OneDnnReport enable() {
        Condition natives = natives();
        Condition shim = natives.holds() ? shim() : unmet("DL4J is told that there is no oneDNN");
        // With another backend the same property switches other helpers: hands off unless it helps.
        Condition property = shim.holds() ? clearTheWay() : property();
        Condition inTime = property.holds() ? inTime() : met("no network could be too early");
        OneDnnReport report = new OneDnnReport(natives, shim, property, inTime);
        log.info("{}", report);
        return report;
    }

    /**
     * Back to DL4J's default for every network built from now on: no oneDNN. Networks that exist
     * keep what they were built with. For comparisons.
     */
    public static synchronized void disable() {
        System.clearProperty(DISABLE);
    }

    private static Condition natives() {
        String backend;
        try {
            backend = Nd4j.getExecutioner().getEnvironmentInformation().getProperty("backend");
        } catch (RuntimeException | LinkageError e) {
            return unmet("ND4J does not start, is a backend on the class path? (" + root(e) + ")");
        }
        if (!"CPU".equalsIgnoreCase(backend)) {
            return unmet("ND4J's backend is " + backend + ", oneDNN is for the CPU");
        }
        String host = Loader.getPlatform();
        if (Nd4jCpu.Environment.getInstance().isUseMKLDNN()) {
            return met("DL4J's FLOAT convolutions, pooling and batch normalization use it");
        }
        return unmet(
                "ND4J's native library has no oneDNN, or does not use it: is nd4j-native with the"
                        + " classifier "
                        + host
                        + "-onednn on the class path? (it exists for linux-x86_64, macosx-x86_64"
                        + " and windows-x86_64)");
    }

    private static Throwable root(Throwable thrown) {
        Throwable root = thrown;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    private static Condition shim() {
        // Asked too early, DL4J would remember a no for ever: so look before letting it look.
        ClassLoader loader = DL4JClassLoading.getDl4jClassloader();
        if (!finds(loader, Nd4jCpu.Environment.class) || !finds(loader, MKLDNNConvHelper.class)) {
            return unmet(
                    "DL4J looks for classes in "
                            + loader
                            + ", which has not the ones seen here: call"
                            + " DL4JClassLoading.setDl4jClassloaderFromClass(OneDnn.class) first");
        }
        if (!Nd4j.getEnvironment().helpersAllowed()) {
            return unmet(
                    "ND4J's helpers are not allowed: call Nd4j.getEnvironment().allowHelpers(true)"
                            + " first");
        }
        return BaseMKLDNNHelper.mklDnnEnabled()
                ? met("DL4J is told that there is oneDNN")
                : unmet("DL4J looked for oneDNN before it could be found, and remembers that");
    }

    private static boolean finds(ClassLoader loader, Class<?> type) {
        try {
            return Class.forName(type.getName(), false, loader) == type;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    private static Condition clearTheWay() {
        if (System.getProperty(DISABLE) == null) {
            System.setProperty(DISABLE, "false");
        }
        return property();
    }

    private static Condition property() {
        String value = System.getProperty(DISABLE);
        if (value == null) {
            return unmet(DISABLE + " is left alone");
        }
        return Boolean.parseBoolean(value)
                ? unmet(DISABLE + " was set to " + value)
                : met(DISABLE + " is " + value);
    }

    private static Condition inTime() {
        OptionalLong late = LivingLayers.withoutHelper();
        if (late.isEmpty()) {
            return met("this JVM does not tell which networks exist already");
        }
        return late.getAsLong() == 0
                ? met("no network was built before")
                : unmet(
                        late.getAsLong()
                                + " convolution and pooling layers were built before and stay"
                                + " slow: call OneDnn.enable() before the first network is built");
    }
}
