package org.seglosses.dl4j.layer;

import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.seglosses.dl4j.TrainingTime;
import org.seglosses.samediff.loss.Combined;
import org.seglosses.samediff.loss.Mode;
import org.seglosses.samediff.loss.SegmentationLoss;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Warns of trainings that end in a beautiful number and are wrong: of labels that are no task,
 * logits that are none, masks that DL4J has merged to nothing, schedules whose time stands still.
 *
 * <p>A layer at work has one. It looks at the first steps and, where weights are scheduled, at the
 * time of each; after that it costs a comparison of numbers. Each warning is said once for all
 * equal layers of a JVM, so that copies of a network do not repeat it.
 */
@SuppressWarnings("try") // a workspace scope is opened and closed, never used
final class TrainingWatch {

    /** Of which warnings there are. */
    private enum Kind {
        LABELS_OF_ONE_CLASS,
        MOSTLY_IGNORED,
        ZERO_VECTORS,
        SMALL_LABELS,
        MERGED_MASK,
        ACTIVATED_LOGITS,
        ACTIVATION_BEFORE,
        TIME_STARTS_AGAIN,
        EPOCHS_STAND_STILL
    }

    /** Of the pixels that the mask counts: as many label vectors of zeros are hardly by chance. */
    private static final double MANY_ZERO_VECTORS = 0.01;

    /**
     * Fewer say nothing, not even if epochs are over: an iterator of one batch makes one of each.
     */
    private static final int FEW_STEPS = 10;

    /** Steps whose labels are looked at. */
    private static final int LABEL_STEPS = 20;

    /**
     * Steps whose logits are looked at: those of one channel may all be between 0 and 1 for some 20
     * in a sound network.
     */
    private static final int LOGIT_STEPS = 50;

    /** Steps that are looked at for all equal layers together: on Spark each step has a new one. */
    private static final int ALL_STEPS = 10_000;

    /** An epoch that is longer is suspected to be none. */
    private static final int LONG_EPOCH = 1000;

    /** How many layers at iteration 0 may be workers that start together. */
    private static final int WORKERS =
            Math.max(TrainingStarts.FAR, 2 * Runtime.getRuntime().availableProcessors());

    /** Layers whose warnings are remembered; those not met for the longest time are forgotten. */
    private static final int MOST = 256;

    private static final String OFF =
            ". SegmentationLossLayer.Builder's warnings(false) switches such warnings off";

    private static final String RESTARTS =
            "SparkComputationGraph leaves iteration and epoch at 0 in each step, ParallelWrapper"
                    + " never counts epochs, ComputationGraph.clone() and TransferLearning start"
                    + " both again";

    private static final String IDENTITY =
            " The loss takes what stands before the activation, which is this layer's: write"
                    + " .activation(Activation.IDENTITY) in the layer before it, which"
                    + " SegmentationHead.check(network) names";

    private static final ISchedule ANY = new FixedSchedule(1);

    private static final Logger LOG = LoggerFactory.getLogger(SegmentationLossLayer.class);

    private static final Map<Key, Shared> KNOWN =
            Collections.synchronizedMap(
                    new LinkedHashMap<>(16, 0.75f, true) {
                        private static final long serialVersionUID = 1L;

                        @Override
                        protected boolean removeEldestEntry(Map.Entry<Key, Shared> eldest) {
                            return size() > MOST;
                        }
                    });

    /** What makes layers equal here; schedules do not, since a user's may have no equals. */
    private record Key(
            String name, Class<?> loss, SegmentationLoss definition, IActivation activation) {

        static Key of(SegmentationLossLayer layer) {
            return new Key(
                    layer.getLayerName(),
                    layer.loss().getClass(),
                    layer.loss().definition().withSchedules(ANY),
                    layer.getActivationFn());
        }
    }

    /** What equal layers share. */
    private static final class Shared {

        private final Set<Kind> said = EnumSet.noneOf(Kind.class);

        /** The first step of each layer: on Spark, where none has many, these are what there is. */
        private final Window firstSteps = new Window();

        private int looked;
        private int starts;

        synchronized boolean first(Kind kind) {
            return said.add(kind);
        }

        synchronized boolean mayLook() {
            return looked < ALL_STEPS && looked++ >= 0;
        }

        /** Counts steps at iteration 0 for as long as no layer gets far. */
        synchronized boolean startsTooOften() {
            return ++starts > WORKERS;
        }

        synchronized void getsFar() {
            starts = 0;
        }
    }

    /** Some steps, and what was seen in them. */
    private static final class Window {

        private final SeenLabels labels = new SeenLabels();
        private final SeenLogits logits = new SeenLogits();
        private int steps;
        private boolean judged;
    }

    private final SegmentationLossLayer layer;
    private final SegmentationLoss loss;
    private final Shared shared;
    private final Window window = new Window();
    private final boolean scheduled;
    private boolean epochsAreFine;
    private int firstEpoch;

    TrainingWatch(SegmentationLossLayer layer) {
        this.layer = layer;
        this.loss = layer.loss().definition();
        this.shared = shared(layer);
        this.scheduled = !loss.scheduledTerms().isEmpty();
    }

    private static Shared shared(SegmentationLossLayer layer) {
        return KNOWN.computeIfAbsent(Key.of(layer), key -> new Shared());
    }

    /** Forgets what has been said; for tests. */
    static void forget() {
        KNOWN.clear();
    }

    /** Warns, where the layer may and has not done so yet, that another stands before it. */
    static void activationBefore(SegmentationLossLayer layer, String sentence) {
        if (layer.isWarnings() && shared(layer).first(Kind.ACTIVATION_BEFORE)) {
            LOG.warn("{}{}", sentence, OFF);
        }
    }

    private void warn(Kind kind, String format, Object... arguments) {
        if (shared.first(kind)) {
            LOG.warn(
                    "in layer \"{}\": {}{}",
                    layer.getLayerName(),
                    String.format(Locale.ROOT, format, arguments),
                    OFF);
        }
    }

    /** Looks at a step of the training whose loss has been computed. */
    void step(INDArray labels, INDArray logits, INDArray mask, TrainingTime time) {
        if (scheduled) {
            lookAt(time);
        }
        if (window.steps == 0) {
            firstEpoch = time.epoch();
        } else if (!window.judged && window.steps >= FEW_STEPS && time.epoch() != firstEpoch) {
            // a short epoch is over: its labels are all there are
            judgeLabels(window);
        }
        if (window.steps < LOGIT_STEPS && shared.mayLook()) {
            try (MemoryWorkspace ignored = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
                lookAt(labels, logits, mask);
            }
        }
    }

    private void lookAt(INDArray labels, INDArray logits, INDArray mask) {
        boolean first = window.steps == 0;
        SeenLabels seen =
                window.steps < LABEL_STEPS
                        ? SeenLabels.of(
                                labels,
                                mask,
                                logits.size(1),
                                isOneClass(logits.size(1)),
                                commonIgnoreIndex())
                        : new SeenLabels();
        if (seen.merged()) {
            warn(
                    Kind.MERGED_MASK,
                    "the mask %s of a batch is 1 but for the first pixel of an image: this is what"
                            + " DL4J's merge makes of masks of shape [1,1], and it masks nothing."
                            + " Give each example a mask of shape [1,1,H,W]; for an image that does"
                            + " not count, Nd4j.zeros(1, 1, h, w)",
                    Arrays.toString(mask.shape()));
        }
        add(window, seen, logits);
        if (first) {
            synchronized (shared) {
                add(shared.firstSteps, seen, logits);
            }
        }
    }

    private void add(Window to, SeenLabels seen, INDArray logits) {
        if (to.steps == LOGIT_STEPS) {
            return;
        }
        to.steps++;
        to.labels.add(seen);
        to.logits.add(logits);
        if (to.steps == LABEL_STEPS) {
            if (!to.judged) {
                judgeLabels(to);
            }
            judge(to.logits);
        }
        if (to.steps == LOGIT_STEPS && to.logits.sigmoid()) {
            warn(
                    Kind.ACTIVATED_LOGITS,
                    "all logits of %d iterations are between 0 and 1: they look like probabilities"
                            + " of a sigmoid, to which DL4J's convolutions default.%s",
                    LOGIT_STEPS,
                    IDENTITY);
        }
    }

    private void judgeLabels(Window of) {
        of.judged = true;
        SeenLabels seen = of.labels;
        int steps = of.steps;
        if (seen.softAndSmall()) {
            warn(
                    Kind.SMALL_LABELS,
                    "labels of the first %d iterations are soft, and none is above 0.5 (the largest"
                            + " is %.4g): masks of 0 and 1 that have been divided by 255 look like"
                            + " this. Scale the images alone, by scaler.fitLabel(false), or"
                            + " multiply labels by 255",
                    steps,
                    seen.largest());
        } else if (seen.onlyClass() >= 0) {
            warn(
                    Kind.LABELS_OF_ONE_CLASS,
                    "labels of the first %d iterations have class %d alone, in all of the %d valid"
                            + " pixels; %d are ignored by label, %d by mask.%s If other classes are"
                            + " only rare, ignore this",
                    steps,
                    seen.onlyClass(),
                    seen.valid(),
                    seen.ignoredByLabel(),
                    seen.ignoredByMask(),
                    cause(seen));
        }
        long counted = seen.all() - seen.ignoredByMask();
        boolean zeros = seen.zeroVectors() > 0 && seen.zeroVectors() >= MANY_ZERO_VECTORS * counted;
        if (zeros) {
            warn(
                    Kind.ZERO_VECTORS,
                    "%.1f %% of the pixels of the first %d iterations have a label vector of"
                            + " zeros and are ignored: if that is the background, give it a channel of its"
                            + " own, nOut(%d); if these pixels are not to count, ignore this",
                    100.0 * seen.zeroVectors() / counted,
                    steps,
                    seen.channels() + 1);
        }
        // pixels that a warning has been given of need no second one
        long used = zeros ? seen.valid() + seen.zeroVectors() : seen.valid();
        if (seen.all() > 0 && 2 * used < seen.all()) {
            warn(
                    Kind.MOSTLY_IGNORED,
                    "%.1f %% of all pixels of the first %d iterations are ignored, %.1f %% by label"
                            + " and %.1f %% by mask.%s If so many are not to count, ignore this",
                    percent(seen.all() - seen.valid(), seen),
                    steps,
                    percent(seen.ignoredByLabel(), seen),
                    percent(seen.ignoredByMask(), seen),
                    seen.ignoredByLabel() > 0 ? cause(seen) : "");
        }
    }

    private static double percent(long pixels, SeenLabels seen) {
        return 100.0 * pixels / seen.all();
    }

    private String cause(SeenLabels seen) {
        Integer index = commonIgnoreIndex();
        if (seen.ignoredByLabel() > 0 && index != null && index > 1) {
            return String.format(
                    " If masks are 0 and %1$d for background and foreground, divide them by %1$d,"
                            + " labels.divi(%1$d), and leave ignoreIndex(%1$d) out: it is for pixels"
                            + " that do not count.",
                    index);
        }
        return seen.elements()
                ? " Labels are 1 in the foreground and 0 elsewhere: look at how masks are read."
                : " Labels are class indices from 0 to C-1: look at how masks are read (the red"
                        + " channel of a colour mask holds no classes).";
    }

    private void judge(SeenLogits seen) {
        if (seen.softmax()) {
            warn(
                    Kind.ACTIVATED_LOGITS,
                    "logits of the first %d iterations are never negative and sum to 1 over the"
                            + " channels: they look like probabilities of a softmax.%s",
                    LABEL_STEPS,
                    IDENTITY);
        } else if (seen.rectified()) {
            warn(
                    Kind.ACTIVATED_LOGITS,
                    "logits of the first %d iterations are never negative, and some are exactly 0:"
                            + " they look cut by Activation.RELU.%s",
                    LABEL_STEPS,
                    IDENTITY);
        }
    }

    private void lookAt(TrainingTime time) {
        int iteration = time.iteration();
        if (iteration == 0) {
            TrainingStarts starts = layer.starts();
            boolean again = starts != null && starts.isAgain(this);
            if (shared.startsTooOften() || again) {
                warn(
                        Kind.TIME_STARTS_AGAIN,
                        "a training asks for the weights of iteration 0, which an equal layer has"
                                + " trained with before: what follows a schedule starts again, or"
                                + " stands still. %s. Set the counts by setIterationCount and"
                                + " setEpochCount of the network's configuration, or give each phase"
                                + " its weights as numbers. If this is a new training, ignore this",
                        RESTARTS);
            }
        } else if (iteration == 1 || iteration == TrainingStarts.FAR) {
            if (layer.starts() != null) {
                layer.starts().reach(iteration);
            }
            if (iteration == TrainingStarts.FAR) {
                shared.getsFar();
            }
        } else if (iteration >= LONG_EPOCH && time.epoch() == 0 && !epochsAreFine) {
            epochsAreFine = true;
            if (loss.scheduledTerms().stream().anyMatch(term -> followsEpochs(term, iteration))) {
                warn(
                        Kind.EPOCHS_STAND_STILL,
                        "iteration %d is still in epoch 0, and a weight follows a schedule of epochs."
                                + " %s. Let the schedule follow iterations, ScheduleType.ITERATION,"
                                + " or set the counts by setEpochCount of the network's"
                                + " configuration. If an epoch is that long, ignore this",
                        iteration,
                        RESTARTS);
            }
        }
    }

    private static boolean followsEpochs(Combined.Term term, int iteration) {
        ISchedule schedule = term.schedule();
        try {
            double now = schedule.valueAt(iteration, 0);
            return IntStream.rangeClosed(1, LONG_EPOCH)
                    .anyMatch(epoch -> schedule.valueAt(iteration, epoch) != now);
        } catch (RuntimeException e) {
            // a user's schedule may refuse what it was not made for
            return false;
        }
    }

    private boolean isOneClass(long channels) {
        if (loss.mode() != null) {
            return loss.mode() == Mode.MULTICLASS;
        }
        IActivation activation = layer.getActivationFn();
        return activation instanceof ActivationSoftmax
                || activation instanceof ActivationIdentity && channels > 1;
    }

    /** The label that all terms ignore, or null: a pixel that one term reads is not ignored. */
    private Integer commonIgnoreIndex() {
        Set<Integer> indices = loss.ignoreIndices();
        return indices.size() == 1 ? indices.iterator().next() : null;
    }
}
