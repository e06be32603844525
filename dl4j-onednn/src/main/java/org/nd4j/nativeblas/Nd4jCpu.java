package org.nd4j.nativeblas;

import java.lang.reflect.InvocationTargetException;

/**
 * A class that DL4J 1.0.0-M2.1 still looks for under a name that ND4J has given up.
 *
 * <p>DL4J asks {@code org.nd4j.nativeblas.Nd4jCpu$Environment.getInstance().isUseMKLDNN()} whether
 * its oneDNN layers may be used, and takes a missing class for a no. ND4J moved that class to
 * another package and renamed the method, so the answer is always no. This class stands where DL4J
 * looks and passes the question on. That is the only reason why it lives in ND4J's package; it is
 * no API, use {@code org.seglosses.onednn.OneDnn}.
 */
public final class Nd4jCpu {

    private Nd4jCpu() {}

    /** What DL4J asks for by reflection: an object that knows whether oneDNN is there. */
    public static final class Environment {

        private static final Environment INSTANCE = new Environment();

        /** By name, so that this module works beside any backend, or none. */
        private static final String MOVED_TO =
                "org.nd4j.linalg.cpu.nativecpu.bindings.Nd4jCpu$Environment";

        /** The line that natives with oneDNN have in what they say about their build. */
        private static final String BUILT_WITH_ONEDNN = "HAVE_ONEDNN";

        private Environment() {}

        /**
         * Returns the one instance.
         *
         * @return the instance
         */
        public static Environment getInstance() {
            return INSTANCE;
        }

        /**
         * Whether the loaded native library has oneDNN and may use it. Two questions, because the
         * library's own switch reads true even where it was built without oneDNN.
         *
         * @return true if both hold; false otherwise, also where there is no CPU backend at all
         */
        public boolean isUseMKLDNN() {
            try {
                return builtWithOneDnn() && switchedOn();
            } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
                return false;
            }
        }

        private static boolean builtWithOneDnn() {
            String build = NativeOpsHolder.getInstance().getDeviceNativeOps().buildInfo();
            return build.lines().map(String::strip).anyMatch(BUILT_WITH_ONEDNN::equals);
        }

        private static boolean switchedOn()
                throws ClassNotFoundException,
                        NoSuchMethodException,
                        IllegalAccessException,
                        InvocationTargetException {
            ClassLoader nd4j =
                    NativeOpsHolder.getInstance().getDeviceNativeOps().getClass().getClassLoader();
            Class<?> environment = Class.forName(MOVED_TO, true, nd4j);
            Object instance = environment.getMethod("getInstance").invoke(null);
            return (Boolean) environment.getMethod("isUseONEDNN").invoke(instance);
        }
    }
}
