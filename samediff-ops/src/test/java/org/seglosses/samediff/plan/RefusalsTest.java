package org.seglosses.samediff.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDIndex;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.indexaccum.custom.ArgMax;
import org.nd4j.linalg.api.ops.impl.shape.tensorops.TensorArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/** What a plan refuses, and that it says of which op and why. */
class RefusalsTest {

    /** An op that is neither ND4J's nor planned. */
    public static final class Foreign extends DynamicCustomOp {
        Foreign(SameDiff sd, SDVariable x) {
            super(sd, new SDVariable[] {x});
        }

        @Override
        public String opName() {
            return "tanh";
        }

        @Override
        public List<DataType> calculateOutputDataTypes(List<DataType> types) {
            return types;
        }

        @Override
        public int getNumOutputs() {
            return 1;
        }
    }

    private static Arguments of(
            String what, Function<SDVariable, SDVariable> op, String... message) {
        return Arguments.of(what, op, List.of(message));
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                of(
                        "switch",
                        x -> x.getSameDiff().switchOp(x, x.sum().gt(0.0))[0],
                        "(switch)",
                        "control flow"),
                of(
                        "random",
                        x -> x.add(x.getSameDiff().random().normal(0, 1, DataType.FLOAT, 2, 3)),
                        "draws random numbers"),
                of(
                        "bernoulli",
                        x -> x.add(x.getSameDiff().random().bernoulli(0.5, DataType.FLOAT, 2, 3)),
                        "draws random numbers"),
                of(
                        "dropout",
                        x -> x.getSameDiff().nn().dropout(x, 0.5),
                        "dropout",
                        "draws random numbers"),
                of(
                        "where",
                        x -> x.getSameDiff().where(x.gt(0.0)),
                        "(Where)",
                        "shape depends on the values"),
                of(
                        "while",
                        x ->
                                x.getSameDiff()
                                        .whileLoop(
                                                new SDVariable[] {x},
                                                (sd, vars) -> vars[0].sum().lt(100.0),
                                                (sd, vars) -> new SDVariable[] {vars[0].mul(2)})[0],
                        "control flow"),
                of(
                        "tensor array",
                        x -> {
                            TensorArray array = x.getSameDiff().tensorArray(DataType.FLOAT);
                            return array.read(
                                    array.write(array.getVar(), 0, x), x.getSameDiff().constant(0));
                        },
                        "TensorArray"),
                of(
                        "fill",
                        x ->
                                x.getSameDiff()
                                        .fill(x.sum(0).castTo(DataType.INT32), DataType.FLOAT, 1.0),
                        "(fill)",
                        "not known before the run"),
                of("dynamic reshape", x -> x.reshape(x.sum(1).castTo(DataType.INT64)), "(reshape)"),
                of(
                        "custom op with a dynamic axis",
                        x ->
                                new ArgMax(
                                                x.getSameDiff(),
                                                new SDVariable[] {
                                                    x, x.sum().castTo(DataType.INT32)
                                                },
                                                false)
                                        .outputVariable(),
                        "(argmax)",
                        "shape depends on the values"),
                of(
                        "dynamic axis",
                        x -> x.getSameDiff().mean(x, x.sum().castTo(DataType.INT32).reshape(1)),
                        "(reduce_mean)",
                        "axes",
                        "not known before the run"),
                of("assign", x -> x.getSameDiff().assign(x.add(1.0), x), "(assign)", "in place"),
                of(
                        "foreign op",
                        x -> new Foreign(x.getSameDiff(), x).outputVariable(),
                        "(tanh)",
                        "neither one of ND4J's own ops nor a PlannedOp",
                        "Foreign"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void names(String what, Function<SDVariable, SDVariable> op, List<String> message) {
        SameDiff sd = SameDiff.create();
        SDVariable x = sd.placeHolder("x", DataType.FLOAT, 2, 3);
        String output = op.apply(x).name();
        assertThatThrownBy(
                        () ->
                                GraphPlan.builder(sd)
                                        .input("x", DataType.FLOAT, 2, 3)
                                        .output(output)
                                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("op '")
                .hasMessageContainingAll(message.toArray(new String[0]));
    }

    @Test
    void valuesThatAreKnownMayMakeShapes() {
        SameDiff sd = SameDiff.create();
        SDVariable x = sd.placeHolder("x", DataType.FLOAT, 2, 3);
        SDVariable shape = x.shape();
        SDVariable turned = sd.concat(0, shape.get(SDIndex.point(1, true)), sd.constant("two", 2L));
        SDVariable reshaped = x.reshape(turned);
        SDVariable filled = sd.fill(shape, DataType.FLOAT, 1.5).add("filled", x);
        SDVariable axis = sd.constant("axis", Nd4j.createFromArray(1));
        SDVariable mean = sd.mean(reshaped, axis).rename("mean");
        INDArray in = Graphs.logits(DataType.FLOAT, 1, 2, 3);
        try (GraphPlan plan =
                GraphPlan.builder(sd)
                        .input("x", DataType.FLOAT, 2, 3)
                        .output(reshaped.name(), filled.name(), mean.name())
                        .build()) {
            Map<String, INDArray> results = plan.run(Map.of("x", in));
            Bits.assertSame(results.get(reshaped.name()), in.reshape(3, 2));
            Bits.assertSame(results.get("filled"), in.add(1.5));
            assertThat(results.get("mean").equalsWithEps(in.reshape(3, 2).mean(1), 1e-6)).isTrue();
        }
    }

    @Test
    void builderSaysWhatIsWrong() {
        SameDiff sd = SameDiff.create();
        SDVariable x = sd.placeHolder("x", DataType.FLOAT, -1, 3);
        SDVariable y = sd.placeHolder("y", DataType.FLOAT, 3);
        x.add("sum", y);
        SDVariable first = x.add(1.0).rename("first");
        SDVariable second = x.add(2.0).rename("second");
        second.addControlDependency(first);
        Map<String, Function<GraphPlan.Builder, Object>> table =
                Map.of(
                        "'q' is no placeholder of the graph",
                        b -> b.input("q", DataType.FLOAT, 1),
                        "'sum' is no placeholder of the graph",
                        b -> b.input("sum", DataType.FLOAT, 1),
                        "input 'x' must be FLOAT, got DOUBLE",
                        b -> b.input("x", DataType.DOUBLE, 2, 3),
                        "input 'x' must have positive sizes and the placeholder's shape [-1, 3],"
                                + " got [2, 4]",
                        b -> b.input("x", DataType.FLOAT, 2, 4),
                        "got [3]",
                        b -> b.input("x", DataType.FLOAT, 3),
                        "got [0, 3]",
                        b -> b.input("x", DataType.FLOAT, 0, 3),
                        "output 'q' is no variable",
                        b -> b.output("q"),
                        "output 'sum' is given twice",
                        b -> b.output("sum", "sum"),
                        "a plan needs at least one output",
                        b -> b.build(),
                        "placeholder 'y' is needed by op",
                        b -> b.input("x", DataType.FLOAT, 2, 3).output("sum").build());
        table.forEach(
                (message, action) ->
                        assertThatThrownBy(() -> action.apply(GraphPlan.builder(sd)))
                                .isInstanceOf(IllegalArgumentException.class)
                                .hasMessageContaining(message));
        assertThatThrownBy(
                        () ->
                                GraphPlan.builder(sd)
                                        .input("x", DataType.FLOAT, 2, 3)
                                        .output("second")
                                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("control dependencies");
    }
}
