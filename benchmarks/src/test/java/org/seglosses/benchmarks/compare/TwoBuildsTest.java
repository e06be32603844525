package org.seglosses.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.benchmarks.compare.Contender.Turn;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

class TwoBuildsTest {

    private static final Shape SHAPE = new Shape(1, 2, 8, 8);

    @TempDir private Path directory;

    private final List<String> progress = new ArrayList<>();

    @Test
    void aRowIsTheRatioOfTheTwoOverAllPairsOfProcesses() throws Exception {
        TwoBuilds builds = builds(false, LossCase.DICE);
        measure(builds, "build 0.25 30", "build 0.25 20");
        measure(builds, "build 0.25 20", "build 0.25 20");
        measure(builds, "build 0.25 22", "build 0.25 20");

        assertThat(builds.rows())
                .hasSize(2)
                .allSatisfy(
                        row -> {
                            assertThat(row.loss()).isEqualTo(LossCase.DICE);
                            assertThat(row.ratio()).isEqualTo(1.1);
                            assertThat(row.newer().rounds())
                                    .containsExactly(30, 30, 20, 20, 22, 22);
                            assertThat(row.difference()).isEmpty();
                        })
                .extracting(BuildRow::kind)
                .containsExactly(Inputs.Kind.RANDOM, Inputs.Kind.TRAINED);
        assertThat(progress)
                .hasSize(6)
                .startsWith("Dice, random, [1,2,8,8]: 1.500", "Dice, trained, [1,2,8,8]: 1.500");
        assertThat(builds.leftOut()).isEmpty();
    }

    @Test
    void whatDiffersIsSaidUnlessItMay() throws Exception {
        TwoBuilds strict = builds(false, LossCase.DICE);
        measure(strict, "build 0.25 300", "build 0.26 300");
        TwoBuilds lenient = builds(true, LossCase.DICE);
        measure(lenient, "build 0.25 300", "build 0.26 300");

        assertThat(strict.rows())
                .extracting(row -> row.difference().orElseThrow())
                .containsOnly("values differ by 3.8e-02, gradients by 0.0e+00 (at most 1e-05)");
        assertThat(lenient.rows()).allMatch(row -> row.difference().isEmpty());
    }

    @Test
    void aLossThatTheOlderBuildDoesNotKnowIsLeftOut() throws Exception {
        TwoBuilds builds = builds(false, LossCase.OHEM, LossCase.DICE);
        measure(builds, "build 0.25 300", "build 0.25 300 ohem");

        assertThat(builds.rows()).hasSize(2).allMatch(row -> row.loss() == LossCase.DICE);
        assertThat(builds.leftOut())
                .hasSize(2)
                .first()
                .asString()
                .startsWith("OHEM 0.7, minKept 100000, random, [1,2,8,8]: the older build cannot")
                .contains("no ohem here");
    }

    @Test
    void aBuildThatDiesEndsTheComparison() {
        TwoBuilds builds = builds(false, LossCase.BOUNDARY_3_5);

        assertThatThrownBy(() -> measure(builds, "build 0.25 300", "build 0.25 300 boundary-3-5"))
                .isInstanceOf(PeerException.class)
                .hasMessageContaining("ended without an answer");
    }

    /** Two images of one pixel: class 0 has 3/4 and 1/2, the labels are 1 and 0. */
    @Test
    void aBuildAnswersWithItsOwnValueGradientAndTimes() throws Exception {
        Inputs inputs =
                new Inputs(
                        Inputs.Kind.RANDOM,
                        new Shape(2, 2, 1, 1),
                        Nd4j.createFromArray((float) Math.log(3), 0, 0, 0).reshape(2, 2, 1, 1),
                        Nd4j.createFromArray(1, 0).reshape(2, 1, 1));
        List<String> classPath = ClassPath.of(Path.of(".."), directory.resolve("lent"));
        try (Peer peer = TwoBuilds.start(classPath, directory.resolve("older"))) {
            peer.load(inputs);
            double value = (Math.log(4) + Math.log(2)) / 2;
            Peer.Reference answer = peer.reference("cross-entropy", inputs);
            assertThat(answer.value()).isCloseTo(value, within(1e-6));
            assertThat(answer.gradient().ravel().toFloatVector())
                    .containsExactly(new float[] {0.375f, -0.375f, -0.25f, 0.25f}, within(1e-6f));

            Turn turn = peer.contender("cross-entropy", inputs).run(3);
            assertThat(turn.value()).isCloseTo(value, within(1e-6));
            assertThat(turn.milliseconds()).hasSize(3);

            assertThatThrownBy(() -> peer.contender("dyce", inputs).run(1))
                    .isInstanceOf(PeerException.class)
                    .hasMessageContaining("case must be one of")
                    .hasMessageContaining("got 'dyce'");
            assertThat(peer.contender("dice", inputs).run(1).value()).isFinite();
        }
        assertThat(directory.resolve("lent")).doesNotExist();
    }

    private TwoBuilds builds(boolean differencesAllowed, LossCase... losses) {
        return new TwoBuilds(List.of(losses), List.of(SHAPE), 2, differencesAllowed, progress::add);
    }

    private void measure(TwoBuilds builds, String newer, String older) throws Exception {
        Path one = Files.createTempDirectory(directory, "newer");
        Path other = Files.createTempDirectory(directory, "older");
        try (Peer ours = Peer.start(FakePeer.command(newer), one);
                Peer theirs = Peer.start(FakePeer.command(older), other)) {
            builds.measure(ours, theirs);
        }
    }
}
