package org.seglosses.samediff.plan;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A graph of random ops over two placeholders and a variable, the same for the same seed. */
final class RandomGraph {

    private record Node(SDVariable variable, long[] shape) {}

    private static final int OPS = 18;

    final SameDiff graph = SameDiff.create();
    final List<String> outputs = new ArrayList<>();
    final DataType type;

    private final long seed;
    private final Random random;
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, long[]> inputShapes = new LinkedHashMap<>();

    RandomGraph(long seed, DataType type) {
        this.seed = seed;
        this.type = type;
        random = new Random(seed);
        long[] shape = {1 + random.nextInt(3), 1 + random.nextInt(4), 2 + random.nextInt(5)};
        long[] other = shape.clone();
        other[random.nextInt(3)] = 1;
        input("a", shape);
        input("b", other);
        nodes.add(new Node(graph.var("w", Graphs.logits(type, seed + 1, shape)), shape));
        for (int i = 0; i < OPS; i++) {
            nodes.add(next());
        }
        SDVariable loss = null;
        for (int i = nodes.size() - 4; i < nodes.size(); i++) {
            SDVariable mean = graph.math().tanh(nodes.get(i).variable).mean();
            loss = loss == null ? mean : loss.add(mean);
        }
        loss.rename("loss").markAsLoss();
        outputs.add("loss");
        outputs.add(nodes.get(nodes.size() - 1).variable.name());
        String other1 = nodes.get(3 + random.nextInt(OPS - 2)).variable.name();
        if (!outputs.contains(other1)) {
            outputs.add(other1);
        }
    }

    private void input(String name, long[] shape) {
        inputShapes.put(name, shape);
        nodes.add(new Node(graph.placeHolder(name, type, shape), shape));
    }

    Map<String, INDArray> inputs(long run) {
        Map<String, INDArray> inputs = new LinkedHashMap<>();
        inputShapes.forEach(
                (name, shape) ->
                        inputs.put(
                                name,
                                Graphs.logits(type, 31 * seed + run + name.hashCode(), shape)));
        return inputs;
    }

    GraphPlan.Builder plan(SameDiff of, List<String> outputs) {
        GraphPlan.Builder builder = GraphPlan.builder(of);
        inputShapes.forEach((name, shape) -> builder.input(name, type, shape));
        return builder.output(outputs.toArray(new String[0]));
    }

    private Node pick() {
        // Favours recent nodes, so that graphs get deep, and keeps old ones alive for long.
        int back = (int) Math.abs(random.nextGaussian() * 4);
        return nodes.get(Math.max(0, nodes.size() - 1 - back));
    }

    private Node next() {
        Node x = pick();
        SDVariable v = x.variable;
        long[] shape = x.shape;
        return switch (random.nextInt(18)) {
            case 0 -> new Node(graph.math().tanh(v), shape);
            case 1 -> new Node(graph.math().exp(graph.math().tanh(v)), shape);
            case 2 -> new Node(graph.nn().sigmoid(v), shape);
            case 3 -> new Node(graph.math().square(v).mul(0.25), shape);
            case 4 -> new Node(graph.math().abs(v).add(0.5), shape);
            case 5 -> new Node(v.rsub(1.0).div(3), shape);
            case 6 -> new Node(graph.math().log(graph.math().abs(v).add(1)), shape);
            case 7, 8, 9, 10 -> binary(x);
            case 11 -> reduce(x, true);
            case 12 -> reduce(x, false);
            case 13 -> reshape(x);
            case 14 -> permute(x);
            case 15 -> {
                long[] longer = shape.clone();
                int axis = random.nextInt(shape.length);
                longer[axis] *= 2;
                if (length(longer) > 4000) {
                    yield new Node(graph.nn().relu(v, 0), shape);
                }
                yield new Node(graph.concat(axis, v, graph.math().neg(v)), longer);
            }
            case 16 -> new Node(graph.math().clipByValue(v, -0.75, 0.75), shape);
            default -> {
                // An array that depends on the shape alone, and one that does on a comparison.
                SDVariable positive = v.gt(0.0).castTo(type);
                yield new Node(positive.mul(v).add(graph.onesLike(v)), shape);
            }
        };
    }

    private Node binary(Node x) {
        Node y = null;
        for (int i = 0; i < 20 && y == null; i++) {
            Node candidate = nodes.get(random.nextInt(nodes.size()));
            if (broadcast(x.shape, candidate.shape) != null) {
                y = candidate;
            }
        }
        if (y == null) {
            y = x;
        }
        SDVariable a = x.variable;
        SDVariable b = y.variable;
        SDVariable result =
                switch (random.nextInt(6)) {
                    case 0 -> a.add(b);
                    case 1 -> a.sub(b);
                    case 2 -> a.mul(b);
                    case 3 -> a.div(graph.math().abs(b).add(1));
                    case 4 -> b.sub(a).mul(0.5);
                    default -> graph.math().squaredDifference(a, b);
                };
        return new Node(result, broadcast(x.shape, y.shape));
    }

    private static long[] broadcast(long[] a, long[] b) {
        if (a.length != b.length) {
            return null;
        }
        long[] result = new long[a.length];
        for (int i = 0; i < a.length; i++) {
            if (a[i] != b[i] && a[i] != 1 && b[i] != 1) {
                return null;
            }
            result[i] = Math.max(a[i], b[i]);
        }
        return length(result) > 4000 ? null : result;
    }

    private Node reduce(Node x, boolean keep) {
        if (x.shape.length < 2) {
            return new Node(graph.math().sin(x.variable), x.shape);
        }
        int axis = random.nextInt(x.shape.length);
        if (x.shape.length == 2 && x.shape[axis] == 1) {
            // The session throws here: GraphPlanTest has this case.
            axis = 1 - axis;
        }
        return reduce(x, keep, axis);
    }

    private Node reduce(Node x, boolean keep, int axis) {
        long[] shape =
                keep
                        ? x.shape.clone()
                        : java.util.stream.IntStream.range(0, x.shape.length)
                                .filter(i -> i != axis)
                                .mapToLong(i -> x.shape[i])
                                .toArray();
        if (keep) {
            shape[axis] = 1;
        }
        SDVariable v = x.variable;
        return new Node(
                switch (random.nextInt(4)) {
                    case 0 -> v.sum(keep, axis);
                    case 1 -> v.mean(keep, axis);
                    case 2 -> v.max(keep, axis);
                    default -> v.min(keep, axis);
                },
                shape);
    }

    private Node reshape(Node x) {
        long length = length(x.shape);
        long first = 1;
        for (long d = 2; d <= length; d++) {
            if (length % d == 0) {
                first = d;
                break;
            }
        }
        long[] shape =
                random.nextBoolean() ? new long[] {first, length / first} : insertOne(x.shape);
        return new Node(x.variable.reshape(shape), shape);
    }

    private long[] insertOne(long[] shape) {
        if (shape.length > 3) {
            return new long[] {shape[0], length(shape) / shape[0]};
        }
        long[] longer = Arrays.copyOf(shape, shape.length + 1);
        longer[shape.length] = 1;
        return longer;
    }

    private Node permute(Node x) {
        int rank = x.shape.length;
        if (rank < 2) {
            return new Node(graph.math().cos(x.variable), x.shape);
        }
        int[] order = new int[rank];
        long[] shape = new long[rank];
        int turn = 1 + random.nextInt(rank - 1);
        for (int i = 0; i < rank; i++) {
            order[i] = (i + turn) % rank;
            shape[i] = x.shape[order[i]];
        }
        return new Node(x.variable.permute(order), shape);
    }

    private static long length(long[] shape) {
        return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    }

    @Override
    public String toString() {
        return type + " seed " + seed;
    }
}
