package org.seglosses.examples.earth;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

import java.io.StringReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import javax.xml.parsers.DocumentBuilderFactory;

class PageTest {

    private static final Region REGION =
            Scenes.region(20, 2, (x, y) -> y >= 150 ? Region.VOID : x / 10 % 2);

    @BeforeAll
    static void drawWithoutADisplay() {
        System.setProperty("java.awt.headless", "true");
    }

    @Test
    void isWellFormedAndCarriesEverythingInside() throws Exception {
        Document page = parse(new Page(study(List.of(1L))).html());
        assertThat(page.getElementsByTagName("script").getLength()).isZero();
        assertThat(page.getElementsByTagName("link").getLength()).isZero();
        List<Element> images = elements(page, "img");
        assertThat(images)
                .isNotEmpty()
                .allSatisfy(
                        image -> {
                            assertThat(image.getAttribute("src")).startsWith("data:image/");
                            assertThat(image.getAttribute("alt")).isNotBlank();
                        });
        assertThat(elements(page, "source"))
                .hasSize(3)
                .allSatisfy(e -> assertThat(e.getAttribute("srcset")).startsWith("data:image/"));
        assertThat(page.getElementsByTagName("h1").item(0).getTextContent())
                .isEqualTo("Water from space: one network, two losses");
    }

    @Test
    void saysWhichLossesHaveAnotherLastLayer() {
        assertThat(new Page(study(List.of(1L))).html()).contains("Only the loss differs. ");
        NamedLoss mcc = NamedLoss.parse("mcc", 2).get(0);
        String html = new Page(study(List.of(1L), List.of(NamedLoss.ALL.get(0), mcc))).html();
        assertThat(html).contains("which puts out one channel for: Matthews correlation. ");
    }

    @Test
    void tellsTheFiguresOfEachLossAndMarksTheBest() throws Exception {
        Document page = parse(new Page(study(List.of(1L))).html());
        Element body = elements(page, "tbody").get(0);
        assertThat(texts(body, "td"))
                .containsExactly(
                        "0.600", "0.700", "0.650", "0.500", "40 ms", "0.800", "0.700", "0.750",
                        "0.400", "40 ms");
        assertThat(texts(body, "strong"))
                .containsExactly("0.700", "0.500", "0.800", "0.700", "0.750");
    }

    @Test
    void showsMeanSpreadAndEachSeed() throws Exception {
        Document page = parse(new Page(study(List.of(1L, 2L, 3L))).html());
        assertThat(texts(elements(page, "tbody").get(0), "td").get(2)).isEqualTo("0.660± 0.010");
        assertThat(texts(elements(page, "tbody").get(1), "td"))
                .startsWith("0.650 / 0.500", "0.660 / 0.500", "0.670 / 0.500");
    }

    @Test
    void theMapShowsTheBestLossFirstAndOffersTheRest() throws Exception {
        Document page = parse(new Page(study(List.of(1L))).html());
        List<String> checked = new ArrayList<>();
        for (Element input : elements(page, "input")) {
            if (input.hasAttribute("checked")) {
                checked.add(input.getAttribute("id"));
            }
        }
        assertThat(checked).containsExactly("map1");
        assertThat(texts(page.getDocumentElement(), "label"))
                .containsExactly("DL4J LossMCXENT", "Cross entropy", "Truth", "Image");
    }

    private static Study study(List<Long> seeds) {
        return study(seeds, NamedLoss.ALL.subList(0, 2));
    }

    private static Study study(List<Long> seeds, List<NamedLoss> losses) {
        Training training = new Training(Task.WATER, REGION, Split.of(REGION), 2);
        List<Result> results = new ArrayList<>();
        for (NamedLoss loss : losses) {
            boolean first = loss == losses.get(0);
            List<Run> runs = new ArrayList<>();
            for (long seed : seeds) {
                double more = 0.01 * (seed - 1);
                double water = (first ? 0.6 : 0.8) + more;
                double land = 0.7 + more;
                Scores scores =
                        new Scores(
                                new double[] {water, land}, (water + land) / 2, first ? 0.5 : 0.4);
                int[] prediction = new int[REGION.labels().length];
                runs.add(
                        new Run(
                                seed,
                                List.of(new Run.Epoch(0.8, scores), new Run.Epoch(0.4, scores)),
                                40,
                                prediction));
            }
            results.add(new Result(loss, runs));
        }
        Settings settings =
                new Settings(
                        Task.WATER,
                        losses,
                        2,
                        Integer.MAX_VALUE,
                        seeds,
                        Path.of("target", "earth"));
        return new Study(training, settings, results, true, Duration.ofSeconds(80));
    }

    private static Document parse(String html) throws Exception {
        String doctype = "<!DOCTYPE html>\n";
        assertThat(html).startsWith(doctype);
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(html.substring(doctype.length()))));
    }

    private static List<Element> elements(Document page, String tag) {
        return elements(page.getElementsByTagName(tag));
    }

    private static List<String> texts(Element parent, String tag) {
        return elements(parent.getElementsByTagName(tag)).stream()
                .map(Element::getTextContent)
                .toList();
    }

    private static List<Element> elements(NodeList nodes) {
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < nodes.getLength(); i++) {
            elements.add((Element) nodes.item(i));
        }
        return elements;
    }
}
