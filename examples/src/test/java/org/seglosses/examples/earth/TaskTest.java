package org.seglosses.examples.earth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class TaskTest {

    private static final int WATER = 0;
    private static final int LAND = 1;
    private static final int MOUNTAIN = 2;

    @Test
    void waterIsWhereTheMaskSaysSoAndTheSouthIsIgnored() {
        Region region = Task.WATER.region(Scenes.rasters(1, 3, 30, (x, y) -> 255));
        assertThat(region.label(29, 0)).isEqualTo(WATER);
        assertThat(region.label(30, 0)).isEqualTo(LAND);
        assertThat(region.label(30, 240 - 134)).isEqualTo(LAND);
        assertThat(region.label(30, 240 - 133)).isEqualTo(Region.VOID);
        assertThat(region.label(0, 239)).isEqualTo(Region.VOID);
    }

    @Test
    void bandsAreRedGreenBlueBetweenZeroAndOne() {
        Region region = Task.WATER.region(Scenes.rasters(1, 2, 0, (x, y) -> 0));
        assertThat(region.bands()).hasNumberOfRows(3);
        int pixel = 7 * 80 + 51;
        assertThat(region.bands()[0][pixel]).isEqualTo(51 / 255f);
        assertThat(region.bands()[1][pixel]).isEqualTo(7 / 255f);
        assertThat(region.bands()[2][pixel]).isEqualTo(0.2f);
    }

    @Test
    void mountainsAreHighLandNeverWater() {
        Region region = Task.RELIEF.region(Scenes.rasters(1, 2, 30, (x, y) -> y == 3 ? 110 : 109));
        assertThat(region.label(10, 3)).isEqualTo(WATER);
        assertThat(region.label(40, 3)).isEqualTo(MOUNTAIN);
        assertThat(region.label(40, 2)).isEqualTo(LAND);
    }

    @Test
    void elevationIsSeenInBlocksOfEightOnly() {
        // One high pixel in a block of 64: its exact place must not show.
        float[] here = elevation(8, 8);
        assertThat(elevation(15, 15)).containsExactly(here);
        // Bilinear between block centres (11.5, 11.5): half of a half-pixel step off the peak.
        assertThat(here[11 * 80 + 11])
                .isCloseTo(peak(0.5f / 8) * peak(0.5f / 8) / 64, within(1e-6f));
        assertThat(here[11 * 80 + 15])
                .isCloseTo(peak(3.5f / 8) * peak(0.5f / 8) / 64, within(1e-6f));
        assertThat(here[11 * 80 + 20]).isZero();
    }

    @Test
    void constantElevationStaysConstantUpToTheRims() {
        float[] band = Task.RELIEF.region(Scenes.rasters(1, 2, 0, (x, y) -> 102)).bands()[3];
        for (float value : band) {
            assertThat(value).isCloseTo(0.4f, within(1e-6f));
        }
    }

    private static float[] elevation(int peakX, int peakY) {
        return Task.RELIEF.region(
                        Scenes.rasters(1, 2, 0, (x, y) -> x == peakX && y == peakY ? 255 : 0))
                .bands()[3];
    }

    private static float peak(float distance) {
        return 1 - distance;
    }
}
