package org.seglosses.benchmarks.training;

import static org.seglosses.benchmarks.training.Table.format;

import org.seglosses.benchmarks.training.StackSamples.Part;

import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Lays out a whole training.
 *
 * @param title what was trained, and with what
 * @param epochs the first of them only warms up
 * @param steps of an epoch
 * @param shares how much of DL4J's time each part takes
 */
record TrainingReport(String title, List<Epoch> epochs, int steps, Map<Part, Double> shares) {

    private static final double AT_MOST = 2;

    private static final List<String> TORCH_PARTS =
            List.of("forward", "loss", "backward", "update");

    TrainingReport {
        epochs = List.copyOf(epochs);
        shares = Map.copyOf(shares);
    }

    /**
     * An epoch on both sides.
     *
     * @param score the mean of DL4J's steps
     * @param milliseconds that DL4J took
     * @param torch the same of PyTorch
     */
    record Epoch(double score, double milliseconds, TorchTraining.Epoch torch) {

        double ratio() {
            return milliseconds / torch.milliseconds();
        }
    }

    /** DL4J's time as a share of PyTorch's: the median of the epochs that count. */
    double ratio() {
        return median(Epoch::ratio);
    }

    private double median(ToDoubleFunction<Epoch> figure) {
        return new Rounds(epochs.stream().skip(1).mapToDouble(figure).toArray()).median();
    }

    String markdown() {
        Table course =
                new Table("epoch", "DL4J ms", "PyTorch ms", "ratio", "DL4J score", "PyTorch score");
        for (Epoch epoch : epochs) {
            int number = epochs.indexOf(epoch);
            course.add(
                    number == 0 ? "warm-up" : Integer.toString(number),
                    format("%.0f", epoch.milliseconds()),
                    format("%.0f", epoch.torch().milliseconds()),
                    format("%.2f", epoch.ratio()),
                    format("%.5f", epoch.score()),
                    format("%.5f", epoch.torch().score()));
        }
        double step = median(Epoch::milliseconds) / steps;
        Table ours = new Table("DL4J", "ms a step", "share");
        for (Part part : Part.values()) {
            double share = shares.getOrDefault(part, 0.0);
            ours.add(part.title(), format("%.2f", share * step), format("%.1f %%", 100 * share));
        }
        ours.add("all", format("%.2f", step), "");
        double torchStep = median(epoch -> epoch.torch().milliseconds()) / steps;
        Table torch = new Table("PyTorch", "ms a step", "share");
        for (String part : TORCH_PARTS) {
            double own = median(epoch -> epoch.torch().parts().get(part)) / steps;
            torch.add(part, format("%.2f", own), format("%.1f %%", 100 * own / torchStep));
        }
        torch.add("all", format("%.2f", torchStep), "");
        return title
                + "\n\n"
                + course.markdown()
                + format(
                        "%nDL4J / PyTorch, median of the epochs: %.2f (target <= %.0f: %s)%n%n",
                        ratio(), AT_MOST, ratio() <= AT_MOST ? "met" : "missed")
                + ours.markdown()
                + "\n"
                + torch.markdown();
    }

    String csv() {
        Table table =
                new Table("epoch", "dl4j_ms", "pytorch_ms", "ratio", "dl4j_score", "pytorch_score");
        for (Epoch epoch : epochs) {
            table.add(
                    Integer.toString(epochs.indexOf(epoch)),
                    format("%.4f", epoch.milliseconds()),
                    format("%.4f", epoch.torch().milliseconds()),
                    format("%.5f", epoch.ratio()),
                    format("%.6f", epoch.score()),
                    format("%.6f", epoch.torch().score()));
        }
        return table.csv();
    }
}
