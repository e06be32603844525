package org.seglosses.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.benchmarks.compare.Contender.Turn;

import java.nio.file.Path;
import java.util.List;

/** The protocol, against a process that speaks it without Python. */
class PeerTest {

    private static final Inputs INPUTS =
            new Inputs(
                    Inputs.Kind.RANDOM,
                    new Shape(1, 2, 1, 2),
                    Nd4j.createFromArray(1f, 2f, 3f, 4f).reshape(1, 2, 1, 2),
                    Nd4j.createFromArray(0, 1).reshape(1, 1, 2));

    @TempDir private Path directory;

    @Test
    void aTurnHasTheValueAndTheTimeOfEachRepetition() throws Exception {
        try (Peer peer = Peer.start(FakePeer.command("answers"), directory)) {
            Contender contender = peer.contender("good theta=5", INPUTS);

            Turn turn = contender.run(3);

            assertThat(peer.description()).isEqualTo("PyTorch 9.9");
            assertThat(turn.value()).isEqualTo(0.25);
            assertThat(turn.milliseconds()).containsExactly(1.5, 2.5, 3.0);
        }
    }

    @Test
    void readsPythonsWordsForNonFiniteNumbers() throws Exception {
        try (Peer peer = Peer.start(FakePeer.command("answers"), directory)) {
            Turn turn = peer.contender("diverged", INPUTS).run(1);

            assertThat(turn.value()).isNaN();
            assertThat(turn.milliseconds()).containsExactly(Double.POSITIVE_INFINITY);
        }
    }

    @Test
    void memoryIsBytesOrUnknown() throws Exception {
        try (Peer peer = Peer.start(FakePeer.command("answers"), directory)) {
            assertThat(peer.memory("good theta=5", INPUTS)).hasValue(4096);
            assertThat(peer.memory("untold", INPUTS)).isEmpty();
        }
    }

    @Test
    void aFailureOverThereNamesRequestAndReasonAndLeavesThePeerAlive() throws Exception {
        try (Peer peer = Peer.start(FakePeer.command("answers"), directory)) {
            assertThatThrownBy(() -> peer.contender("bad", INPUTS).run(1))
                    .isInstanceOf(PeerException.class)
                    .hasMessageContaining("'run random-1x2x1x2 1 bad'")
                    .hasMessageContaining("KeyError");
            assertThat(peer.contender("good theta=5", INPUTS).run(3).value()).isEqualTo(0.25);
        }
    }

    @Test
    void anAnswerWithoutTimesOrWithWordsForNumbersIsRefused() throws Exception {
        try (Peer peer = Peer.start(FakePeer.command("answers"), directory)) {
            assertThatThrownBy(() -> peer.contender("careless", INPUTS).run(1))
                    .isInstanceOf(PeerException.class)
                    .hasMessageContaining("without 'ms'");
            assertThatThrownBy(() -> peer.contender("chatty", INPUTS).run(1))
                    .isInstanceOf(PeerException.class)
                    .hasMessageContaining("'much'");
        }
    }

    @Test
    void aProcessThatDiesIsNotWaitedFor() throws Exception {
        try (Peer peer = Peer.start(FakePeer.command("dies"), directory)) {
            assertThatThrownBy(() -> peer.contender("good", INPUTS).run(1))
                    .isInstanceOf(PeerException.class)
                    .hasMessageContaining("ended without an answer");
        }
    }

    @Test
    void missingPyTorchIsSaidInTheProcesssOwnWords() throws Exception {
        List<String> command = FakePeer.command("without-torch");
        assertThatThrownBy(() -> Peer.start(command, directory))
                .isInstanceOf(PeerException.class)
                .hasMessageContaining("No module named 'torch'");
        List<String> silent = FakePeer.command("silent");
        assertThatThrownBy(() -> Peer.start(silent, directory))
                .isInstanceOf(PeerException.class)
                .hasMessageContaining("ended without an answer");
    }

    @Test
    void missingPythonIsSaidInOneSentenceThatNamesWhatWasTried() {
        assertThatThrownBy(() -> Peer.start(List.of("no-such-python", "nor-this"), directory, 2))
                .isInstanceOf(PeerException.class)
                .hasMessage(
                        "PyTorch was not found: tried no-such-python (it cannot be started),"
                                + " nor-this (it cannot be started)");
    }
}
