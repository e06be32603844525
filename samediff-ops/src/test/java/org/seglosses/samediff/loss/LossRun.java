package org.seglosses.samediff.loss;

import static org.assertj.core.api.Assertions.assertThat;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.samediff.plan.Gradients;
import org.seglosses.samediff.plan.GraphPlan;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs losses through plans, which it keeps, and checks that inputs stay what they are. */
final class LossRun {

    /** What is computed. */
    enum Kind {
        LOSS,
        EACH_IMAGE,
        ON_PROBABILITIES
    }

    /** The value or values, and the gradient by the logits (of EACH_IMAGE: of the sum). */
    record Result(double[] values, double[] gradient) {

        double value() {
            assertThat(values).hasSize(1);
            return values[0];
        }

        /** All bits, in which NaN is NaN whatever its sign. */
        long[] bits() {
            return java.util.stream.DoubleStream.concat(
                            Arrays.stream(values), Arrays.stream(gradient))
                    .mapToLong(Double::doubleToLongBits)
                    .toArray();
        }
    }

    private record Form(DataType type, List<Long> shape) {

        static Form of(INDArray array) {
            return array == null
                    ? null
                    : new Form(array.dataType(), Arrays.stream(array.shape()).boxed().toList());
        }
    }

    private record Key(
            SegmentationLoss loss,
            Kind kind,
            Form labels,
            Form logits,
            Form mask,
            Kernels kernels) {}

    private record Program(GraphPlan plan, String value, String gradient) {}

    private static final int KEPT = 12000;

    private static final Map<Key, Program> PROGRAMS =
            new LinkedHashMap<>(KEPT, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Key, Program> eldest) {
                    if (size() > KEPT) {
                        eldest.getValue().plan.close();
                        return true;
                    }
                    return false;
                }
            };

    private LossRun() {}

    /** The loss and its gradient, from class indices and, if need be, a mask. */
    static Result of(SegmentationLoss loss, Sample s, DataType type) {
        return of(loss, s, type, Kind.LOSS);
    }

    static Result of(SegmentationLoss loss, Sample s, DataType type, Kind kind) {
        Integer ignore = ignoreIndex(loss);
        INDArray mask = s.needsMask(ignore) ? s.mask(DataType.FLOAT) : null;
        // floats may be soft labels, integers are not: other kernels
        boolean integers = s.soft() == null && s.h() % 2 == 0;
        DataType ofLabels = integers ? DataType.INT32 : DataType.FLOAT;
        return of(loss, kind, s.labels(ofLabels, ignore), s.logits(type), mask);
    }

    /** The ignore index; of a sum that of its components, which tests give the same. */
    static Integer ignoreIndex(SegmentationLoss loss) {
        return loss instanceof Combined combined
                ? ignoreIndex(combined.terms().get(0).loss())
                : loss.ignoreIndex();
    }

    static synchronized Result of(
            SegmentationLoss loss, Kind kind, INDArray labels, INDArray logits, INDArray mask) {
        Key key =
                new Key(
                        loss,
                        kind,
                        Form.of(labels),
                        Form.of(logits),
                        Form.of(mask),
                        Kernels.chosen());
        Program program = PROGRAMS.computeIfAbsent(key, LossRun::compile);
        Map<String, INDArray> inputs = new HashMap<>();
        inputs.put("labels", labels);
        inputs.put("logits", logits);
        if (mask != null) {
            inputs.put("mask", mask);
        }
        Map<String, INDArray> before = new HashMap<>();
        inputs.forEach((name, array) -> before.put(name, array.dup()));
        Map<String, INDArray> outputs = program.plan.run(inputs);
        Result result =
                new Result(
                        Sample.doubles(outputs.get(program.value)),
                        Sample.doubles(outputs.get(program.gradient)));
        assertThat(outputs.get(program.gradient).dataType()).isEqualTo(logits.dataType());
        before.forEach(
                (name, array) ->
                        assertThat(bits(inputs.get(name)))
                                .as("%s after the run", name)
                                .isEqualTo(bits(array)));
        return result;
    }

    private static long[] bits(INDArray array) {
        return Arrays.stream(Sample.doubles(array)).mapToLong(Double::doubleToLongBits).toArray();
    }

    private static Program compile(Key key) {
        SameDiff sd = SameDiff.create();
        SDVariable labels = placeholder(sd, "labels", key.labels);
        SDVariable logits = placeholder(sd, "logits", key.logits);
        SDVariable mask = key.mask == null ? null : placeholder(sd, "mask", key.mask);
        LossGraph graph =
                key.kind == Kind.ON_PROBABILITIES
                        ? LossGraph.ofProbabilities(key.loss, null, labels, logits, mask)
                        : LossGraph.ofLogits(key.loss, null, labels, logits, mask);
        SDVariable value =
                key.kind == Kind.EACH_IMAGE
                        ? key.loss.groupLosses(graph, true)
                        : key.loss.loss(graph);
        SDVariable scalar = key.kind == Kind.EACH_IMAGE ? value.sum() : value;
        SDVariable seed = sd.constant(Nd4j.scalar(scalar.dataType(), 1));
        SDVariable gradient = Gradients.of(scalar, logits, seed);
        GraphPlan.Builder builder = GraphPlan.builder(sd).output(value.name(), gradient.name());
        input(builder, "labels", key.labels);
        input(builder, "logits", key.logits);
        if (key.mask != null) {
            input(builder, "mask", key.mask);
        }
        return new Program(builder.build(), value.name(), gradient.name());
    }

    private static long[] shape(Form form) {
        return form.shape.stream().mapToLong(Long::longValue).toArray();
    }

    private static SDVariable placeholder(SameDiff sd, String name, Form form) {
        return sd.placeHolder(name, form.type, shape(form));
    }

    private static void input(GraphPlan.Builder builder, String name, Form form) {
        builder.input(name, form.type, shape(form));
    }
}
