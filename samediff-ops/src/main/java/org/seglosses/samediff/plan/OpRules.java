package org.seglosses.samediff.plan;

import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.linalg.api.ops.BaseReduceOp;
import org.nd4j.linalg.api.ops.BroadcastOp;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.GridOp;
import org.nd4j.linalg.api.ops.IndexAccumulation;
import org.nd4j.linalg.api.ops.MetaOp;
import org.nd4j.linalg.api.ops.Op;
import org.nd4j.linalg.api.ops.RandomOp;
import org.nd4j.linalg.api.ops.ReduceOp;
import org.nd4j.linalg.api.ops.ScalarOp;
import org.nd4j.linalg.api.ops.TransformOp;
import org.nd4j.linalg.api.ops.custom.Invoke;
import org.nd4j.linalg.api.ops.impl.controlflow.compat.BaseCompatOp;
import org.nd4j.linalg.api.ops.impl.layers.ExternalErrorsFunction;
import org.nd4j.linalg.api.ops.impl.shape.tensorops.BaseTensorOp;
import org.nd4j.linalg.api.ops.impl.transforms.gradient.GradientBackwardsMarker;
import org.nd4j.linalg.api.ops.random.impl.Range;

import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Which ops may become a step. A plan would rather refuse an op than run it differently. */
final class OpRules {

    private static final String ND4J_OPS = "org.nd4j.linalg.api.ops.";

    /** Ops that write into an input, or whose output shares an input's memory. */
    private static final Set<String> IN_PLACE =
            Set.of("assign", "create_view", "set_shape", "apply_sgd", "firas_sparse");

    /** Ops that do something else than compute their outputs. */
    private static final Set<String> SIDE_EFFECTS =
            Set.of(
                    "Assert",
                    "print_variable",
                    "print_affinity",
                    "noop",
                    "barnes_edge_forces",
                    "barnes_gains",
                    "barnes_symmetrized",
                    "skipgram",
                    "cbow");

    /** Ops that draw random numbers though neither their class nor their name says so. */
    private static final Set<String> RANDOM_BY_NAME =
            Set.of(
                    "bernoulli_distribution",
                    "uniform_distribution",
                    "probablistic_merge",
                    "choice");

    /** Ops whose result depends on the shapes of their inputs alone. */
    private static final Set<String> SHAPE_ONLY =
            Set.of(
                    "shape_of",
                    "shapes_of",
                    "size",
                    "size_at",
                    "rank",
                    "zeroslike",
                    "zeros_as",
                    "oneslike",
                    "ones_as");

    /**
     * Ops that take a shape or axes as inputs: the index of the first such input. Asking them for
     * an output shape with values that are not theirs makes libnd4j complain on the console.
     */
    private static final Map<String, Integer> FIRST_SHAPE_INPUT =
            Map.ofEntries(
                    Map.entry("reshape", 1),
                    Map.entry("permute", 1),
                    Map.entry("expand_dims", 1),
                    Map.entry("squeeze", 1),
                    Map.entry("tile", 1),
                    Map.entry("pad", 1),
                    Map.entry("mirror_pad", 1),
                    Map.entry("slice", 1),
                    Map.entry("strided_slice", 1),
                    Map.entry("broadcast_to", 1),
                    Map.entry("fill", 0),
                    Map.entry("create", 0),
                    Map.entry("eye", 0),
                    Map.entry("range", 0),
                    Map.entry("lin_space", 0));

    /** Reductions that copy where every reduced dimension has length one. */
    private static final Set<String> IDENTITY_OVER_ONE =
            Set.of("reduce_sum", "reduce_mean", "reduce_max", "reduce_min", "reduce_prod");

    private OpRules() {}

    static boolean dependsOnShapesOnly(DifferentialFunction op) {
        return op instanceof DynamicCustomOp && SHAPE_ONLY.contains(op.opName());
    }

    static boolean copiesOverLengthOne(Op op) {
        return IDENTITY_OVER_ONE.contains(op.opName());
    }

    /** The index of the first input that must be known when the plan is built. */
    static int firstShapeInput(DynamicCustomOp op) {
        return FIRST_SHAPE_INPUT.getOrDefault(op.opName(), Integer.MAX_VALUE);
    }

    /**
     * Says why {@code op} cannot be a step.
     *
     * @return the reason, to be read after the op's name; null if the op may enter
     */
    static String refusal(DifferentialFunction op) {
        if (op instanceof BaseCompatOp || op instanceof Invoke) {
            return "is control flow; a plan runs every one of its steps exactly once";
        }
        if (op instanceof BaseTensorOp) {
            return "works on a TensorArray, which has no fixed shape";
        }
        if (op instanceof ExternalErrorsFunction || op instanceof GradientBackwardsMarker) {
            return "is a marker that only SameDiff's own session executes";
        }
        if (op instanceof DynamicCustomOp custom) {
            return refusalOfCustom(custom);
        }
        if (op instanceof RandomOp) {
            return "draws random numbers; a plan gives the same result for the same inputs";
        }
        if (op instanceof GridOp
                || op instanceof MetaOp
                || !op.getClass().getName().startsWith(ND4J_OPS)) {
            return "is of a kind that is not known to be safe in a plan: "
                    + op.getClass().getName();
        }
        boolean known =
                op instanceof TransformOp
                        || op instanceof ScalarOp
                        || op instanceof BaseReduceOp
                        || op instanceof ReduceOp
                        || op instanceof IndexAccumulation
                        || op instanceof BroadcastOp;
        if (!known) {
            return "is of a kind that is not known to be safe in a plan: "
                    + op.getClass().getName();
        }
        if (op instanceof ScalarOp scalar && scalar.dimensions() != null) {
            return "is a scalar op along dimensions, which ND4J cannot run from an op context";
        }
        return null;
    }

    private static String refusalOfCustom(DynamicCustomOp op) {
        String name = op.opName();
        if (op instanceof PlannedOp) {
            return null;
        }
        String className = op.getClass().getName();
        if (!className.startsWith(ND4J_OPS)) {
            return "is neither one of ND4J's own ops nor a PlannedOp: " + className;
        }
        if (IN_PLACE.contains(name) || className.contains(".updaters.")) {
            return "works in place and would write into an array that other steps read";
        }
        if (SIDE_EFFECTS.contains(name)) {
            return "does something else than compute its outputs";
        }
        String lower = name.toLowerCase(Locale.ROOT);
        if (op instanceof Range) {
            // Lives among the random ops and is none.
            return null;
        }
        if (className.startsWith(ND4J_OPS + "random.")
                || lower.contains("random")
                || lower.contains("dropout")
                || RANDOM_BY_NAME.contains(lower)) {
            return "draws random numbers; a plan gives the same result for the same inputs";
        }
        return null;
    }
}
