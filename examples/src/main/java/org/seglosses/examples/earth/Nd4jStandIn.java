package org.seglosses.examples.earth;

final class Nd4jStandIn {
    static org.nd4j.linalg.api.ndarray.INDArray w(double a, double b) {
        return org.nd4j.linalg.factory.Nd4j.create(new double[] {a, b})
                .castTo(org.nd4j.linalg.api.buffer.DataType.FLOAT);
    }
}
