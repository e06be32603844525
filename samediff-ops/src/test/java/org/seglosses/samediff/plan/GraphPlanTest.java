package org.seglosses.samediff.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Sgd;

import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

class GraphPlanTest {

    static List<Graphs> graphs() {
        return Graphs.all();
    }

    @ParameterizedTest
    @MethodSource("graphs")
    void forwardEqualsTheSession(Graphs g) {
        INDArray expected = g.graph().outputSingle(g.inputs(), g.loss()).dup();
        try (GraphPlan plan = g.plan(g.graph(), g.loss()).build()) {
            for (int i = 0; i < 3; i++) {
                Bits.assertSame(plan.run(g.inputs()).get(g.loss()), expected);
            }
        }
        Bits.assertSame(g.graph().outputSingle(g.inputs(), g.loss()), expected);
    }

    @ParameterizedTest
    @MethodSource("graphs")
    void gradientFunctionOfSameDiffEqualsItsSession(Graphs g) {
        SameDiff sd = g.graph();
        sd.createGradFunction(g.wrt());
        INDArray expected = sd.calculateGradients(g.inputs(), g.wrt()).get(g.wrt()).dup();
        String gradient = sd.getVariable(g.wrt()).gradient().name();
        try (GraphPlan plan = g.plan(sd.getFunction("grad"), g.loss(), gradient).build()) {
            for (int i = 0; i < 3; i++) {
                Bits.assertSame(plan.run(g.inputs()).get(gradient), expected);
            }
        }
        Bits.assertSame(sd.calculateGradients(g.inputs(), g.wrt()).get(g.wrt()), expected);
    }

    @ParameterizedTest
    @MethodSource("graphs")
    void appendedGradientEqualsTheSession(Graphs g) {
        SameDiff sd = g.graph();
        sd.createGradFunction(g.wrt());
        INDArray expected = sd.calculateGradients(g.inputs(), g.wrt()).get(g.wrt()).dup();
        SDVariable loss = sd.getVariable(g.loss());
        SDVariable seed = sd.constant(Nd4j.scalar(loss.dataType(), 1));
        String gradient = Gradients.of(loss, sd.getVariable(g.wrt()), seed).name();
        try (GraphPlan plan = g.plan(sd, g.loss(), gradient).build()) {
            INDArray l = Nd4j.createUninitialized(loss.dataType(), plan.outputShape(g.loss()));
            INDArray d = Nd4j.createUninitialized(loss.dataType(), plan.outputShape(gradient));
            for (int i = 0; i < 3; i++) {
                plan.run(g.inputs(), Map.of(g.loss(), l, gradient, d));
                Bits.assertSame(d, expected);
            }
        }
    }

    // ---- inputs and outputs

    /** y = tanh(x + 1), z = y * y, w = a view of x's values, t = x itself under another name. */
    private static SameDiff small(DataType type, long... shape) {
        SameDiff sd = SameDiff.create();
        SDVariable x = sd.placeHolder("x", type, shape);
        SDVariable y = sd.math().tanh("y", x.add(1.0));
        y.mul("z", y);
        sd.identity("t", x);
        sd.constant("c", Nd4j.arange(6).castTo(type));
        return sd;
    }

    private static final String[] ALL = {"y", "z", "t", "c", "x"};

    private static INDArray layout(int kind, INDArray values) {
        long rows = values.size(0);
        long columns = values.size(1);
        INDArray array =
                switch (kind) {
                    case 0 -> Nd4j.create(values.dataType(), rows, columns);
                    case 1 -> Nd4j.create(values.dataType(), new long[] {rows, columns}, 'f');
                    case 2 -> Nd4j.create(values.dataType(), columns, rows).transpose();
                    case 3 ->
                            Nd4j.create(values.dataType(), rows + 2, columns)
                                    .get(NDArrayIndex.interval(1, 1 + rows), NDArrayIndex.all());
                    case 4 ->
                            Nd4j.create(values.dataType(), rows, columns + 3)
                                    .get(NDArrayIndex.all(), NDArrayIndex.interval(2, 2 + columns));
                    default ->
                            Nd4j.create(values.dataType(), rows, 2 * columns)
                                    .get(
                                            NDArrayIndex.all(),
                                            NDArrayIndex.interval(0, 2, 2 * columns));
                };
        return array.assign(values);
    }

    @Test
    void inputsAndOutputsMayHaveAnyLayout() {
        SameDiff sd = small(DataType.FLOAT, 4, 5);
        INDArray values = Graphs.logits(DataType.FLOAT, 3, 4, 5);
        Map<String, INDArray> expected = new HashMap<>();
        sd.output(Map.of("x", values), List.of("y", "z", "t"))
                .forEach((name, array) -> expected.put(name, array.dup('c')));
        try (GraphPlan plan =
                GraphPlan.builder(sd)
                        .input("x", DataType.FLOAT, 4, 5)
                        .output("y", "z", "t")
                        .build()) {
            for (int in = 0; in < 6; in++) {
                for (int out = 0; out < 6; out++) {
                    INDArray x = layout(in, values);
                    Map<String, INDArray> outputs = new HashMap<>();
                    for (String name : expected.keySet()) {
                        outputs.put(name, layout(out, values.mul(0).add(Float.NaN)));
                    }
                    plan.run(Map.of("x", x), outputs);
                    Bits.assertSame(x, values);
                    expected.forEach((name, array) -> Bits.assertSame(outputs.get(name), array));
                }
            }
        }
    }

    @Test
    void aViewIsReadAndWrittenInPlaceWithoutTouchingItsSurroundings() {
        SameDiff sd = small(DataType.DOUBLE, 2, 3);
        INDArray base = Graphs.logits(DataType.DOUBLE, 5, 4, 3);
        INDArray target = Nd4j.valueArrayOf(new long[] {4, 3}, 7.0, DataType.DOUBLE);
        INDArray x = base.get(NDArrayIndex.interval(1, 3), NDArrayIndex.all());
        INDArray y = target.get(NDArrayIndex.interval(1, 3), NDArrayIndex.all());
        INDArray expected = sd.outputSingle(Map.of("x", x.dup()), "y").dup();
        try (GraphPlan plan =
                GraphPlan.builder(sd).input("x", DataType.DOUBLE, 2, 3).output("y").build()) {
            plan.run(Map.of("x", x), Map.of("y", y));
        }
        Bits.assertSame(y, expected);
        assertThat(target.getRow(0).toDoubleVector()).containsOnly(7.0);
        assertThat(target.getRow(3).toDoubleVector()).containsOnly(7.0);
    }

    @Test
    void outputsMayBeInputsConstantsAndOtherNamesOfThem() {
        SameDiff sd = small(DataType.FLOAT, 6);
        INDArray x = Graphs.logits(DataType.FLOAT, 9, 6);
        try (GraphPlan plan =
                GraphPlan.builder(sd).input("x", DataType.FLOAT, 6).output(ALL).build()) {
            Map<String, INDArray> results = plan.run(Map.of("x", x));
            Bits.assertSame(results.get("x"), x);
            Bits.assertSame(results.get("t"), x);
            Bits.assertSame(results.get("c"), Nd4j.arange(6).castTo(DataType.FLOAT));
            assertThat(results.get("x")).isNotSameAs(x);
            results.get("c").assign(0);
            Bits.assertSame(
                    plan.run(Map.of("x", x)).get("c"), Nd4j.arange(6).castTo(DataType.FLOAT));
        }
    }

    @Test
    void ownResultsCanBeFedBack() {
        SameDiff sd = SameDiff.create();
        SDVariable x = sd.placeHolder("x", DataType.DOUBLE, 3);
        // Reads x after y has been written: y must not be x's memory.
        SDVariable y = x.add("y", 1.0);
        y.mul("z", x);
        INDArray start = Nd4j.createFromArray(1.0, 2.0, 3.0);
        try (GraphPlan plan =
                GraphPlan.builder(sd).input("x", DataType.DOUBLE, 3).output("y", "z").build()) {
            INDArray once = plan.run(Map.of("x", start)).get("y");
            INDArray z = plan.run(Map.of("x", once)).get("z");
            assertThat(z.toDoubleVector()).containsExactly(6.0, 12.0, 20.0);
        }
    }

    @Test
    void twoPlansOfOneBuilderAreIndependent() {
        SameDiff sd = small(DataType.FLOAT, 6);
        INDArray x = Graphs.logits(DataType.FLOAT, 9, 6);
        GraphPlan.Builder builder = GraphPlan.builder(sd).input("x", DataType.FLOAT, 6).output("y");
        INDArray expected = sd.outputSingle(Map.of("x", x), "y").dup();
        GraphPlan first = builder.build();
        try (GraphPlan second = builder.build()) {
            first.run(Map.of("x", x));
            first.close();
            Bits.assertSame(second.run(Map.of("x", x)).get("y"), expected);
        }
    }

    @Test
    void rejectsWhatDoesNotFitBeforeAnythingIsWritten() {
        SameDiff sd = small(DataType.FLOAT, 2, 3);
        INDArray x = Graphs.logits(DataType.FLOAT, 1, 2, 3);
        INDArray y = Nd4j.valueArrayOf(new long[] {2, 3}, 7f, DataType.FLOAT);
        INDArray z = y.dup();
        INDArray closed = x.dup();
        closed.close();
        try (GraphPlan plan =
                GraphPlan.builder(sd).input("x", DataType.FLOAT, 2, 3).output("y", "z").build()) {
            record Bad(Map<String, INDArray> in, Map<String, INDArray> out, String message) {}
            Map<String, INDArray> good = Map.of("y", y, "z", z);
            List<Bad> table =
                    List.of(
                            new Bad(Map.of(), good, "input 'x' is missing"),
                            new Bad(Map.of("q", x), good, "input 'x' is missing"),
                            new Bad(Map.of("x", x, "q", x), good, "inputs must be [x], got"),
                            new Bad(
                                    Map.of("x", x.castTo(DataType.DOUBLE)),
                                    good,
                                    "input 'x' must be FLOAT of shape [2, 3], got DOUBLE"),
                            new Bad(
                                    Map.of("x", x.reshape(3, 2)),
                                    good,
                                    "of shape [2, 3], got FLOAT of shape [3, 2]"),
                            new Bad(Map.of("x", closed), good, "input 'x' is a closed array"),
                            new Bad(Map.of("x", x), Map.of("y", y), "output 'z' is missing"),
                            new Bad(
                                    Map.of("x", x),
                                    Map.of("y", y, "z", z, "t", z),
                                    "outputs must be [y, z], got"),
                            new Bad(
                                    Map.of("x", x),
                                    Map.of("y", y, "z", z.reshape(6)),
                                    "output 'z' must be FLOAT of shape [2, 3], got FLOAT of shape"
                                            + " [6]"),
                            new Bad(
                                    Map.of("x", x),
                                    Map.of("y", y, "z", y),
                                    "output 'z' shares memory with output 'y'"),
                            new Bad(
                                    Map.of("x", x),
                                    Map.of("y", x, "z", z),
                                    "output 'y' shares memory with input 'x'"));
            for (Bad bad : table) {
                assertThatThrownBy(() -> plan.run(bad.in, bad.out))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining(bad.message);
            }
            assertThat(y.ravel().toFloatVector()).containsOnly(7f);
            assertThat(z.ravel().toFloatVector()).containsOnly(7f);
            assertThatThrownBy(() -> plan.outputShape("t"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'t' is no output of the plan; outputs are [y, z]");
            Map<String, INDArray> own = plan.run(Map.of("x", x));
            assertThatThrownBy(() -> plan.run(Map.of("x", x), Map.of("y", y, "z", own.get("y"))))
                    .hasMessageContaining("output 'z' shares memory with the plan's array of 'y'");
            plan.run(Map.of("x", x), own);
        }
    }

    @Test
    void memoryThatOnlyTouchesIsNotShared() {
        SameDiff sd = small(DataType.FLOAT, 2, 3);
        INDArray both = Graphs.logits(DataType.FLOAT, 1, 4, 3);
        INDArray x = both.get(NDArrayIndex.interval(0, 2), NDArrayIndex.all());
        INDArray y = both.get(NDArrayIndex.interval(2, 4), NDArrayIndex.all());
        INDArray expected = sd.outputSingle(Map.of("x", x.dup()), "y").dup();
        try (GraphPlan plan =
                GraphPlan.builder(sd).input("x", DataType.FLOAT, 2, 3).output("y").build()) {
            plan.run(Map.of("x", x), Map.of("y", y));
            Bits.assertSame(y, expected);
            INDArray nested = y.get(NDArrayIndex.interval(1, 2), NDArrayIndex.all());
            assertThat(Layout.overlap(nested, x)).isFalse();
            assertThat(Layout.overlap(nested, y)).isTrue();
            assertThat(Layout.overlap(nested, both)).isTrue();
            assertThat(Layout.overlap(nested, y.getRow(0))).isFalse();
            INDArray half = both.get(NDArrayIndex.interval(1, 3), NDArrayIndex.all());
            assertThatThrownBy(() -> plan.run(Map.of("x", x), Map.of("y", half)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("output 'y' shares memory with input 'x'");
        }
    }

    // ---- variables

    @Test
    void seesVariablesAfterTraining() {
        SameDiff sd = SameDiff.create();
        SDVariable x = sd.placeHolder("x", DataType.DOUBLE, -1, 3);
        SDVariable y = sd.placeHolder("y", DataType.DOUBLE, -1, 2);
        SDVariable w = sd.var("w", Graphs.logits(DataType.DOUBLE, 1, 3, 2));
        SDVariable loss = sd.math().square(x.mmul(w).sub(y)).mean().rename("loss");
        sd.setTrainingConfig(
                TrainingConfig.builder()
                        .updater(new Sgd(0.1))
                        .dataSetFeatureMapping("x")
                        .dataSetLabelMapping("y")
                        .minimize("loss")
                        .build());
        INDArray features = Graphs.logits(DataType.DOUBLE, 2, 4, 3);
        INDArray labels = Graphs.logits(DataType.DOUBLE, 3, 4, 2);
        Map<String, INDArray> inputs = Map.of("x", features, "y", labels);
        String gradient =
                Gradients.of(loss, w, sd.constant(Nd4j.scalar(DataType.DOUBLE, 1))).name();
        try (GraphPlan plan =
                GraphPlan.builder(sd)
                        .input("x", DataType.DOUBLE, 4, 3)
                        .input("y", DataType.DOUBLE, 4, 2)
                        .output("loss", gradient)
                        .build()) {
            double last = Double.POSITIVE_INFINITY;
            for (int step = 0; step < 5; step++) {
                INDArray before = w.getArr().dup();
                Map<String, INDArray> results = plan.run(inputs);
                double value = results.get("loss").getDouble(0);
                assertThat(value).isLessThan(last);
                Bits.assertSame(results.get("loss"), sd.outputSingle(inputs, "loss"));
                last = value;
                INDArray expected = before.sub(results.get(gradient).mul(0.1));
                sd.fit(new DataSet(features, labels));
                assertThat(w.getArr().equalsWithEps(expected, 1e-12)).isTrue();
            }
            w.setArray(Graphs.logits(DataType.DOUBLE, 8, 3, 2));
            Bits.assertSame(plan.run(inputs).get("loss"), sd.outputSingle(inputs, "loss"));
            INDArray result = w.getArr();
            INDArray l = Nd4j.scalar(0.0);
            assertThatThrownBy(() -> plan.run(inputs, Map.of("loss", l, gradient, result)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("shares memory with variable 'w'");
        }
    }

    // ---- memory

    @Test
    void valuesShareBuffers() {
        SameDiff sd = SameDiff.create();
        SDVariable v = sd.placeHolder("x", DataType.FLOAT, 100, 100);
        for (int i = 0; i < 30; i++) {
            v = sd.math().tanh(v.mul(1.5));
        }
        v.rename("y");
        INDArray x = Graphs.logits(DataType.FLOAT, 1, 100, 100);
        try (GraphPlan plan =
                GraphPlan.builder(sd).input("x", DataType.FLOAT, 100, 100).output("y").build()) {
            // Two buffers that alternate, and the output's own once a run has asked for it.
            assertThat(plan.bytes()).isEqualTo(2 * 4 * 100 * 100);
            INDArray y = Nd4j.create(DataType.FLOAT, 100, 100);
            plan.run(Map.of("x", x), Map.of("y", y));
            assertThat(plan.bytes()).isEqualTo(2 * 4 * 100 * 100);
            Bits.assertSame(y, sd.outputSingle(Map.of("x", x), "y"));
            Bits.assertSame(plan.run(Map.of("x", x)).get("y"), y);
            assertThat(plan.bytes()).isEqualTo(3 * 4 * 100 * 100);
            // and a copy of an input that lies otherwise, once there was one
            for (int i = 0; i < 2; i++) {
                plan.run(Map.of("x", x.transpose()), Map.of("y", y));
                assertThat(plan.bytes()).isEqualTo(4 * 4 * 100 * 100);
            }
        }
        for (Graphs g : graphs()) {
            SDVariable loss = g.graph().getVariable("loss");
            SDVariable seed = g.graph().constant(Nd4j.scalar(loss.dataType(), 1));
            String d = Gradients.of(loss, g.graph().getVariable(g.wrt()), seed).name();
            try (GraphPlan plan = g.plan(g.graph(), "loss", d).build()) {
                String total =
                        plan.describe().lines().reduce((first, second) -> second).orElseThrow();
                long unshared = Long.parseLong(total.replaceAll(".* values of (\\d+) .*", "$1"));
                assertThat(plan.bytes()).isLessThan(unshared * 3 / 4);
            }
        }
    }

    @Test
    void anEarlierResultIsAnInputThatNoStepReads() {
        SameDiff sd = SameDiff.create();
        SDVariable w = sd.placeHolder("w", DataType.FLOAT, 2, 2);
        sd.placeHolder("x", DataType.FLOAT, 2, 2);
        w.add("y", 1);
        try (GraphPlan plan =
                GraphPlan.builder(sd)
                        .input("x", DataType.FLOAT, 2, 2)
                        .input("w", DataType.FLOAT, 2, 2)
                        .output("y", "x")
                        .build()) {
            INDArray zeros = Nd4j.zeros(DataType.FLOAT, 2, 2);
            INDArray y = plan.run(Map.of("x", zeros, "w", zeros.add(1))).get("y");
            assertThat(y.getDouble(0)).isEqualTo(2);
            INDArray x = plan.run(Map.of("x", y, "w", zeros.add(9))).get("x");
            assertThat(x.getDouble(0)).isEqualTo(2);
        }
    }

    @Test
    void closeFreesAndEndsThePlan() {
        SameDiff sd = small(DataType.FLOAT, 6);
        INDArray x = Graphs.logits(DataType.FLOAT, 1, 6);
        GraphPlan plan = GraphPlan.builder(sd).input("x", DataType.FLOAT, 6).output(ALL).build();
        Map<String, INDArray> results = plan.run(Map.of("x", x));
        assertThat(plan.bytes()).isPositive();
        plan.close();
        plan.close();
        assertThat(results.values()).allMatch(INDArray::wasClosed);
        assertThat(plan.bytes()).isZero();
        assertThat(x.wasClosed()).isFalse();
        assertThat(sd.getVariable("c").getArr().wasClosed()).isFalse();
        assertThatThrownBy(() -> plan.run(Map.of("x", x)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the plan is closed");
        Bits.assertSame(
                sd.outputSingle(Map.of("x", x), "c"), Nd4j.arange(6).castTo(DataType.FLOAT));
    }

    @Test
    void openWorkspacesHaveNoInfluence() {
        WorkspaceConfiguration cyclic =
                WorkspaceConfiguration.builder().initialSize(1 << 20).build();
        for (Graphs g : graphs()) {
            INDArray expected = g.graph().outputSingle(g.inputs(), "loss").dup();
            GraphPlan plan;
            try (MemoryWorkspace ws =
                    Nd4j.getWorkspaceManager().getAndActivateWorkspace(cyclic, "plan-build")) {
                plan = g.plan(g.graph(), "loss").build();
                assertThat(ws.isScopeActive()).isTrue();
            }
            try (plan) {
                for (int i = 0; i < 3; i++) {
                    try (MemoryWorkspace ws =
                            Nd4j.getWorkspaceManager()
                                    .getAndActivateWorkspace(cyclic, "plan-run")) {
                        Map<String, INDArray> inputs = new HashMap<>();
                        g.inputs().forEach((name, array) -> inputs.put(name, array.dup()));
                        INDArray loss = Nd4j.scalar(expected.dataType(), 0);
                        assertThat(loss.isAttached()).isTrue();
                        plan.run(inputs, Map.of("loss", loss));
                        Bits.assertSame(loss, expected);
                        INDArray own = plan.run(inputs).get("loss");
                        assertThat(own.isAttached()).isFalse();
                        Bits.assertSame(own, expected);
                        assertThat(Nd4j.getMemoryManager().getCurrentWorkspace()).isSameAs(ws);
                    }
                    // Outside, after the workspace's memory may have been overwritten.
                    Bits.assertSame(plan.run(g.inputs()).get("loss"), expected);
                }
            }
        }
    }

    // ---- Java ops, threads

    /** Multiplies by two; waits for a signal if it is told to. */
    public static final class Twice extends DynamicCustomOp implements PlannedOp {

        private CountDownLatch started = new CountDownLatch(0);
        private CountDownLatch goOn = new CountDownLatch(0);
        private RuntimeException failure;

        Twice(SameDiff sd, SDVariable x) {
            super(sd, new SDVariable[] {x});
        }

        @Override
        public String opName() {
            return "test_twice";
        }

        @Override
        public List<DataType> calculateOutputDataTypes(List<DataType> types) {
            return List.of(types.get(0));
        }

        @Override
        public int getNumOutputs() {
            return 1;
        }

        @Override
        public List<org.nd4j.linalg.api.shape.LongShapeDescriptor> calculateOutputShape(
                org.nd4j.linalg.api.ops.OpContext context) {
            return Collections.singletonList(context.getInputArray(0).shapeDescriptor());
        }

        @Override
        public void execute(INDArray[] inputs, INDArray output) {
            started.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            if (failure != null) {
                throw failure;
            }
            for (long i = 0; i < output.length(); i++) {
                output.putScalar(i, 2 * inputs[0].getDouble(i));
            }
        }
    }

    @Test
    void javaOpsWriteIntoThePlansArrays() throws InterruptedException {
        SameDiff sd = SameDiff.create();
        SDVariable x = sd.placeHolder("x", DataType.DOUBLE, 3);
        Twice twice = new Twice(sd, x.add(1.0));
        twice.outputVariable().add("y", x);
        INDArray in = Nd4j.createFromArray(1.0, 2.0, 3.0);
        GraphPlan plan = GraphPlan.builder(sd).input("x", DataType.DOUBLE, 3).output("y").build();
        assertThat(plan.run(Map.of("x", in)).get("y").toDoubleVector())
                .containsExactly(5.0, 8.0, 11.0);

        twice.failure = new IllegalArgumentException("bad label");
        assertThatThrownBy(() -> plan.run(Map.of("x", in))).isSameAs(twice.failure);
        twice.failure = null;
        assertThat(plan.run(Map.of("x", in)).get("y").toDoubleVector())
                .containsExactly(5.0, 8.0, 11.0);

        twice.started = new CountDownLatch(1);
        twice.goOn = new CountDownLatch(1);
        Thread other = new Thread(() -> plan.run(Map.of("x", in)));
        other.start();
        twice.started.await();
        assertThatThrownBy(() -> plan.run(Map.of("x", in)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the plan is running in another thread");
        assertThatThrownBy(plan::close).isInstanceOf(IllegalStateException.class);
        twice.goOn.countDown();
        other.join();
        plan.close();
    }

    // ---- what SameDiff's session cannot run

    @Test
    void reducesVectorsOverDimensionsOfLengthOne() {
        SameDiff sd = SameDiff.create();
        SDVariable x = sd.placeHolder("x", DataType.FLOAT, 1, 4);
        x.sum("sum", false, 0);
        x.mean("mean", true, 0);
        x.max("max", false, 0);
        sd.math().square(x).sum("squares", false, 0);
        x.norm1("norm", false, 0);
        INDArray in = Graphs.logits(DataType.FLOAT, 1, 1, 4);
        try (GraphPlan plan =
                GraphPlan.builder(sd)
                        .input("x", DataType.FLOAT, 1, 4)
                        .output("sum", "mean", "max", "squares")
                        .build()) {
            Map<String, INDArray> results = plan.run(Map.of("x", in));
            Bits.assertSame(results.get("sum"), in.reshape(new long[] {4}));
            Bits.assertSame(results.get("mean"), in);
            Bits.assertSame(results.get("max"), in.reshape(new long[] {4}));
            Bits.assertSame(results.get("squares"), in.mul(in).reshape(new long[] {4}));
        }
        assertThatThrownBy(
                        () ->
                                GraphPlan.builder(sd)
                                        .input("x", DataType.FLOAT, 1, 4)
                                        .output("norm")
                                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("reduce_norm1")
                .hasMessageContaining("[norm]");
    }

    // ---- texts

    @Test
    void describesAndProfiles() {
        SameDiff sd = small(DataType.FLOAT, 2, 3);
        INDArray x = Graphs.logits(DataType.FLOAT, 1, 2, 3);
        try (GraphPlan plan =
                GraphPlan.builder(sd)
                        .input("x", DataType.FLOAT, 2, 3)
                        .output("z", "t")
                        .profile(true)
                        .build()) {
            assertThat(plan.describe())
                    .contains("input", "x FLOAT[2, 3]", "tanh", "y FLOAT[2, 3]@", "z FLOAT[2, 3]")
                    .contains("t: x FLOAT[2, 3] (copied)", "buffer  @0 FLOAT 24 bytes")
                    .contains("3 steps, 3 values of 72 bytes, held in " + plan.bytes() + " bytes");
            plan.run(Map.of("x", x));
            plan.run(Map.of("x", x));
            assertThat(plan.profile())
                    .extracting(StepTime::op)
                    .containsExactly("add_scalar", "tanh", "multiply");
            assertThat(plan.profile()).allMatch(time -> time.runs() == 2 && time.nanoseconds() > 0);
            plan.resetProfile();
            assertThat(plan.profile())
                    .allMatch(time -> time.runs() == 0 && time.nanoseconds() == 0);
        }
        try (GraphPlan plan =
                GraphPlan.builder(sd).input("x", DataType.FLOAT, 2, 3).output("z").build()) {
            assertThat(plan.profile()).isEmpty();
        }
    }
}
