package org.seglosses.benchmarks.training;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A loss layer with a clock: it does what the layer within does, and adds up the time that a
 * network's steps spend there, gradient and score.
 */
final class TimedLoss extends BaseWrapperLayer {

    private static final long serialVersionUID = 1L;

    private static final Set<String> WORK = Set.of("backpropGradient", "computeScore");

    /** Of all copies that DL4J makes of a configuration. */
    private final AtomicLong nanoseconds = new AtomicLong();

    TimedLoss(org.deeplearning4j.nn.conf.layers.Layer within) {
        super(within);
    }

    /** The time since the last call. */
    long takeNanoseconds() {
        return nanoseconds.getAndSet(0);
    }

    @Override
    public Layer instantiate(
            NeuralNetConfiguration conf,
            Collection<TrainingListener> listeners,
            int index,
            INDArray parameters,
            boolean initialize,
            DataType type) {
        NeuralNetConfiguration inner = conf.clone();
        inner.setLayer(underlying);
        Layer layer = underlying.instantiate(inner, listeners, index, parameters, initialize, type);
        return (Layer)
                Proxy.newProxyInstance(
                        TimedLoss.class.getClassLoader(),
                        new Class<?>[] {IOutputLayer.class},
                        (proxy, method, arguments) -> call(layer, method, arguments));
    }

    private Object call(Layer layer, Method method, Object[] arguments) throws Throwable {
        long start = System.nanoTime();
        try {
            return method.invoke(layer, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        } finally {
            if (WORK.contains(method.getName())) {
                nanoseconds.addAndGet(System.nanoTime() - start);
            }
        }
    }
}
