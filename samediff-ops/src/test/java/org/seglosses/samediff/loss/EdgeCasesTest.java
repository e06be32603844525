package org.seglosses.samediff.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.seglosses.samediff.loss.LossRun.Result;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Checks each row of docs/EDGE-CASES.md, where the numbers are derived. */
class EdgeCasesTest {

    private static final int IGNORE = 255;

    /** The losses that the page names, void pixels being 255 in all. */
    private static final Map<String, SegmentationLoss> LOSSES =
            Map.ofEntries(
                    Map.entry("CrossEntropy", crossEntropy().build()),
                    Map.entry("CrossEntropy smoothing=0.2", crossEntropy().smoothing(0.2).build()),
                    Map.entry(
                            "CrossEntropy normalizeBy=ALL_PIXELS",
                            crossEntropy().normalizeBy(NormalizeBy.ALL_PIXELS).build()),
                    Map.entry(
                            "CrossEntropy classWeights=0,1",
                            crossEntropy().classWeights(0, 1).build()),
                    Map.entry("Ohem", ohem().build()),
                    Map.entry("Ohem minKept=5", ohem().minKept(5).build()),
                    Map.entry("Ohem thresh=0 minKept=1", ohem().thresh(0).minKept(1).build()),
                    Map.entry("LovaszSoftmax", lovasz().build()),
                    Map.entry(
                            "LovaszSoftmax absentClass=ZERO",
                            lovasz().absentClass(AbsentClass.ZERO).build()),
                    Map.entry(
                            "LovaszSoftmax absentClass=PENALIZE",
                            lovasz().absentClass(AbsentClass.PENALIZE).build()),
                    Map.entry("LovaszSoftmax perImage=false", lovasz().perImage(false).build()),
                    Map.entry("LovaszSoftmax classes=1", lovasz().classes(1).build()),
                    Map.entry("LovaszHinge", hinge().build()),
                    Map.entry("LovaszHinge mode=MULTILABEL", hinge().mode(Mode.MULTILABEL).build()),
                    Map.entry(
                            "LovaszHinge mode=MULTILABEL flatten=true",
                            hinge().mode(Mode.MULTILABEL).flatten(true).build()),
                    Map.entry("Boundary", boundary().build()),
                    Map.entry(
                            "Boundary absentClass=EXCLUDE",
                            boundary().absentClass(AbsentClass.EXCLUDE).build()),
                    Map.entry(
                            "Boundary absentClass=ZERO",
                            boundary().absentClass(AbsentClass.ZERO).build()),
                    Map.entry("Boundary complement=true", boundary().complement(true).build()),
                    Map.entry("Surface", surface().build()),
                    Map.entry(
                            "Surface absentClass=EXCLUDE",
                            surface().absentClass(AbsentClass.EXCLUDE).build()),
                    Map.entry("Surface classes=1", surface().classes(1).build()),
                    Map.entry("Surface classWeights=1,3", surface().classWeights(1, 3).build()),
                    Map.entry("Dice", dice().build()),
                    Map.entry(
                            "Dice absentClass=EXCLUDE",
                            dice().absentClass(AbsentClass.EXCLUDE).build()),
                    Map.entry(
                            "Dice absentClass=PENALIZE",
                            dice().absentClass(AbsentClass.PENALIZE).build()),
                    Map.entry("Dice perImage=true", dice().perImage(true).build()),
                    Map.entry("Jaccard", jaccard().build()),
                    Map.entry(
                            "Jaccard absentClass=EXCLUDE",
                            jaccard().absentClass(AbsentClass.EXCLUDE).build()),
                    Map.entry(
                            "Jaccard absentClass=PENALIZE",
                            jaccard().absentClass(AbsentClass.PENALIZE).build()),
                    Map.entry(
                            "Jaccard classWeights=0,1 absentClass=EXCLUDE",
                            jaccard().classWeights(0, 1).absentClass(AbsentClass.EXCLUDE).build()),
                    Map.entry("Jaccard perImage=true", jaccard().perImage(true).build()),
                    Map.entry("Tversky gamma=0.5", tversky().gamma(0.5).build()),
                    Map.entry("Tversky", tversky().build()),
                    Map.entry(
                            "Tversky absentClass=EXCLUDE",
                            tversky().absentClass(AbsentClass.EXCLUDE).build()),
                    Map.entry(
                            "Tversky absentClass=PENALIZE",
                            tversky().absentClass(AbsentClass.PENALIZE).build()),
                    Map.entry(
                            "Tversky alpha=0.25 beta=0.75",
                            tversky().alpha(0.25).beta(0.75).build()),
                    Map.entry(
                            "Tversky gamma=2 perImage=true",
                            tversky().gamma(2).perImage(true).build()),
                    Map.entry("Mcc", mcc().build()),
                    Map.entry("GeneralizedDice", generalizedDice().build()),
                    Map.entry(
                            "GeneralizedDice smoothInPixels=false",
                            generalizedDice().smoothInPixels(false).build()),
                    Map.entry(
                            "GeneralizedDice weighting=SIMPLE",
                            generalizedDice().weighting(GeneralizedDice.Weighting.SIMPLE).build()),
                    Map.entry(
                            "GeneralizedDice perImage=false",
                            generalizedDice().perImage(false).build()),
                    Map.entry("SoftBce", softBce().build()),
                    Map.entry("SoftBce smoothing=0.2", softBce().smoothing(0.2).build()),
                    Map.entry("SoftBce classWeights=0", softBce().classWeights(0).build()),
                    Map.entry("SoftBce mode=MULTILABEL", softBce().mode(Mode.MULTILABEL).build()),
                    Map.entry(
                            "SoftBce normalizeBy=ALL_PIXELS",
                            softBce().normalizeBy(NormalizeBy.ALL_PIXELS).build()),
                    Map.entry("Focal", focal().build()),
                    Map.entry("Focal form=SOFTMAX", focal().form(Focal.Form.SOFTMAX).build()),
                    Map.entry("Focal form=AGGREGATE", focal().form(Focal.Form.AGGREGATE).build()),
                    Map.entry("Focal reducedThreshold=0.5", focal().reducedThreshold(0.5).build()),
                    Map.entry("Focal normalized=true", focal().normalized(true).build()),
                    Map.entry("Focal gamma=0.5", focal().gamma(0.5).build()),
                    Map.entry(
                            "Focal form=AGGREGATE gamma=0.5",
                            focal().form(Focal.Form.AGGREGATE).gamma(0.5).build()),
                    Map.entry("Poly1CrossEntropy", poly1().build()),
                    Map.entry(
                            "Poly1CrossEntropy classWeights=0,1",
                            poly1().classWeights(0, 1).build()),
                    Map.entry("ActiveContour", activeContour().build()),
                    Map.entry(
                            "ActiveContour symmetric=true",
                            activeContour().symmetric(true).build()),
                    Map.entry("Duo", duo().build()),
                    Map.entry(
                            "Duo absentClass=PENALIZE",
                            duo().absentClass(AbsentClass.PENALIZE).build()),
                    Map.entry(
                            "Duo absentClass=EXCLUDE",
                            duo().absentClass(AbsentClass.EXCLUDE).build()),
                    Map.entry("Duo perImage=false", duo().perImage(false).build()),
                    Map.entry("BceDice", bceDice().build()),
                    Map.entry(
                            "BceDice absentClass=ZERO",
                            bceDice().absentClass(AbsentClass.ZERO).build()),
                    Map.entry("BceDice mode=MULTILABEL", bceDice().mode(Mode.MULTILABEL).build()),
                    Map.entry("BceDice perImage=true", bceDice().perImage(true).build()),
                    Map.entry(
                            "0.5 CrossEntropy + 2 LovaszSoftmax",
                            Combined.builder()
                                    .add(0.5, crossEntropy().build())
                                    .add(2, lovasz().build())
                                    .build()));

    private static CrossEntropy.Builder<CrossEntropy> crossEntropy() {
        return CrossEntropy.builder().ignoreIndex(IGNORE);
    }

    private static OhemCrossEntropy.Builder<OhemCrossEntropy> ohem() {
        return OhemCrossEntropy.builder().ignoreIndex(IGNORE);
    }

    private static LovaszSoftmax.Builder<LovaszSoftmax> lovasz() {
        return LovaszSoftmax.builder().ignoreIndex(IGNORE);
    }

    private static LovaszHinge.Builder<LovaszHinge> hinge() {
        return LovaszHinge.builder().ignoreIndex(IGNORE);
    }

    private static Boundary.Builder<Boundary> boundary() {
        return Boundary.builder().ignoreIndex(IGNORE);
    }

    private static Surface.Builder<Surface> surface() {
        return Surface.builder().ignoreIndex(IGNORE);
    }

    private static Dice.Builder<Dice> dice() {
        return Dice.builder().ignoreIndex(IGNORE);
    }

    private static Jaccard.Builder<Jaccard> jaccard() {
        return Jaccard.builder().ignoreIndex(IGNORE);
    }

    private static Tversky.Builder<Tversky> tversky() {
        return Tversky.builder().ignoreIndex(IGNORE);
    }

    private static Mcc.Builder<Mcc> mcc() {
        return Mcc.builder().ignoreIndex(IGNORE);
    }

    private static GeneralizedDice.Builder<GeneralizedDice> generalizedDice() {
        return GeneralizedDice.builder().ignoreIndex(IGNORE);
    }

    private static SoftBce.Builder<SoftBce> softBce() {
        return SoftBce.builder().ignoreIndex(IGNORE);
    }

    private static Focal.Builder<Focal> focal() {
        return Focal.builder().ignoreIndex(IGNORE);
    }

    private static Poly1CrossEntropy.Builder<Poly1CrossEntropy> poly1() {
        return Poly1CrossEntropy.builder().ignoreIndex(IGNORE);
    }

    private static ActiveContour.Builder<ActiveContour> activeContour() {
        return ActiveContour.builder().ignoreIndex(IGNORE);
    }

    private static Duo.Builder<Duo> duo() {
        return Duo.builder().ignoreIndex(IGNORE);
    }

    private static BceDice.Builder<BceDice> bceDice() {
        return BceDice.builder().ignoreIndex(IGNORE);
    }

    private record Row(
            String loss,
            String edge,
            int[] shape,
            double[] logits,
            double[] labels,
            String value,
            String gradient) {

        static Row of(String line) {
            // a bar within a cell is escaped
            String[] cells = line.replace("\\|", " ").split("\\|", -1);
            for (int i = 0; i < cells.length; i++) {
                cells[i] = cells[i].strip();
            }
            return new Row(
                    cells[1].replace("`", ""),
                    cells[2],
                    Arrays.stream(cells[3].split("x")).mapToInt(Integer::parseInt).toArray(),
                    numbers(cells[4]),
                    numbers(cells[5]),
                    cells[6],
                    cells[7]);
        }

        private static double[] numbers(String cell) {
            return Arrays.stream(cell.split(" +")).mapToDouble(Row::number).toArray();
        }

        private static double number(String word) {
            return switch (word) {
                case "ln3" -> Math.log(3);
                case "-ln3" -> -Math.log(3);
                case "_" -> IGNORE;
                default -> Double.parseDouble(word);
            };
        }

        @Override
        public String toString() {
            return loss + ": " + edge;
        }
    }

    static List<Row> rows() throws IOException {
        List<Row> rows = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("..", "docs", "EDGE-CASES.md"))) {
            if (line.startsWith("| `")) {
                rows.add(Row.of(line));
            }
        }
        return rows;
    }

    @Test
    void thePageHasAllLosses() throws IOException {
        assertThat(rows()).hasSizeGreaterThan(160);
        assertThat(rows().stream().map(Row::loss)).containsAll(LOSSES.keySet());
    }

    @ParameterizedTest
    @MethodSource("rows")
    void isAsThePageSays(Row row) {
        SegmentationLoss loss = LOSSES.get(row.loss);
        assertThat(loss).as(row.loss).isNotNull();
        for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE}) {
            if (row.value.equals("refused")) {
                assertThatThrownBy(() -> run(loss, row, type))
                        .isExactlyInstanceOf(IllegalArgumentException.class);
                continue;
            }
            Result result = run(loss, row, type);
            double expected = Double.parseDouble(row.value);
            if (Double.isNaN(expected)) {
                assertThat(result.value()).isNaN();
            } else {
                // the page has seven digits; float has about as many
                assertThat(result.value())
                        .isCloseTo(expected, within(6e-8 + 1e-6 * Math.abs(expected)));
            }
            if (row.gradient.equals("0")) {
                assertThat(Arrays.stream(result.gradient()).allMatch(g -> g == 0)).isTrue();
            } else {
                assertThat(row.gradient).isEmpty();
                assertThat(Arrays.stream(result.gradient()).allMatch(g -> g == 0)).isFalse();
            }
        }
    }

    private static Result run(SegmentationLoss loss, Row row, DataType type) {
        int[] s = row.shape;
        return LossRun.of(
                loss,
                LossRun.Kind.LOSS,
                Sample.array(DataType.FLOAT, row.labels, s[0], s[2], s[3]),
                Sample.array(type, row.logits, s[0], s[1], s[2], s[3]),
                null);
    }
}
