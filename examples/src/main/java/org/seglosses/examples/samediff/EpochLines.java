package org.seglosses.examples.samediff;

import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.ListenerResponse;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.listeners.records.LossCurve;
import org.nd4j.autodiff.samediff.SameDiff;

import java.io.PrintWriter;
import java.util.Locale;

/** A line for each epoch; the count goes on in a loaded graph, which has kept it. */
final class EpochLines extends BaseListener {

    private final PrintWriter out;
    private final String title;
    private final int steps;

    EpochLines(PrintWriter out, String title, int steps) {
        this.out = out;
        this.title = title;
        this.steps = steps;
    }

    @Override
    public boolean isActive(Operation operation) {
        return operation == Operation.TRAINING;
    }

    @Override
    public ListenerResponse epochEnd(SameDiff sd, At at, LossCurve losses, long millis) {
        out.printf(
                Locale.ROOT,
                "%-26s  epoch %2d  score %.4f  %4d ms/step%n",
                title,
                at.epoch() + 1,
                losses.lastMeanLoss(Net.LOSS),
                millis / steps);
        out.flush();
        return ListenerResponse.CONTINUE;
    }
}
