package org.seglosses.samediff.loss;

import org.nd4j.linalg.api.environment.Nd4jEnvironment;
import org.nd4j.linalg.factory.Nd4j;

import java.util.Locale;

/** What computes the sums over pixels that losses are made of. */
enum Kernels {
    /** Ops of this library, on the processor. */
    JAVA,
    /** Ops of ND4J, where its backend is; see {@link NativeSums}. */
    NATIVE;

    /** Names the kernels to use whatever the backend is: java or native. */
    static final String PROPERTY = "org.seglosses.kernels";

    /** The named ones, or those that keep large arrays where they are: native ones on a GPU. */
    static Kernels chosen() {
        String named = System.getProperty(PROPERTY);
        if (named == null) {
            Object backend =
                    Nd4j.getExecutioner()
                            .getEnvironmentInformation()
                            .get(Nd4jEnvironment.BACKEND_KEY);
            return "CUDA".equals(backend) ? NATIVE : JAVA;
        }
        for (Kernels kernels : values()) {
            if (kernels.name().toLowerCase(Locale.ROOT).equals(named)) {
                return kernels;
            }
        }
        throw new IllegalArgumentException(PROPERTY + " must be java or native, got " + named);
    }
}
