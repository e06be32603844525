package org.seglosses.examples.earth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;

import java.util.List;
import java.util.stream.Stream;

class NamedLossTest {

    /** The default run, its page and its colours are of these. */
    @Test
    void allAreThoseOfTheDefaultRun() {
        assertThat(NamedLoss.parse("all", 2))
                .extracting(NamedLoss::name)
                .containsExactly("mcxent", "ce", "ohem", "boundary", "ce+lovasz", "lovasz");
    }

    @Test
    void everyOneIsKnownByItsName() {
        assertThat(NamedLoss.parse("every", 2)).isEqualTo(NamedLoss.EVERY);
        assertThat(NamedLoss.EVERY).extracting(NamedLoss::name).doesNotHaveDuplicates();
        assertThat(NamedLoss.EVERY).extracting(NamedLoss::title).doesNotHaveDuplicates();
        assertThat(NamedLoss.EVERY).extracting(Charts::color).doesNotHaveDuplicates();
        for (NamedLoss loss : NamedLoss.EVERY) {
            assertThat(NamedLoss.parse(" " + loss.name() + " ", 2)).containsExactly(loss);
        }
    }

    @Test
    void ofThreeClassesEveryOneButThoseThatKnowTwo() {
        assertThat(NamedLoss.EVERY)
                .filteredOn(loss -> !NamedLoss.parse("every", 3).contains(loss))
                .extracting(NamedLoss::name)
                .containsExactly("mcc");
        assertThatThrownBy(() -> NamedLoss.parse("ce,mcc", 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("mcc tells two classes apart, not the task's 3");
    }

    private record Case(NamedLoss loss, int classes) {

        @Override
        public String toString() {
            return loss.name() + " of " + classes;
        }
    }

    static Stream<Case> learns() {
        return Stream.of(2, 3)
                .flatMap(
                        classes ->
                                NamedLoss.parse("every", classes).stream()
                                        .map(loss -> new Case(loss, classes)));
    }

    /** Stripes, and some void pixels; the network can tell them apart by their colour. */
    @ParameterizedTest(name = "{0}")
    @MethodSource
    void learns(Case each) {
        int classes = each.classes;
        Region region = Scenes.region(1, 1, (x, y) -> y < 5 ? Region.VOID : x / 20 % classes);
        Batch batch = Batch.of(region, List.of(new Tile(0, 0)));
        ComputationGraph net =
                UNet.create(
                        1,
                        each.loss.channels(classes),
                        each.loss.layer(),
                        new Adam(new CosineDecay(3e-3, 10)),
                        1);
        DataSet data = each.loss.dataSet(batch, classes);
        double before = net.score(data);
        for (int i = 0; i < 10; i++) {
            net.fit(data);
        }
        assertThat(net.score(data)).isFinite().isLessThan(before);
        INDArray out = net.outputSingle(batch.input());
        assertThat(out.shape()).containsExactly(1, each.loss.channels(classes), 80, 80);
        assertThat(out.minNumber().doubleValue()).isBetween(0.0, 1.0);
        assertThat(out.maxNumber().doubleValue()).isBetween(0.0, 1.0);
    }
}
