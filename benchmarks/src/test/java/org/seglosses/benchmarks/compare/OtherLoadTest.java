package org.seglosses.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OtherLoadTest {

    @Test
    void countsEverythingButIdleAndDiskWaitAndNoGuestTimeTwice() {
        // user nice system idle iowait irq softirq steal guest guest_nice
        assertThat(OtherLoad.busySeconds("cpu  1000 20 300 99999 555 4 6 70 800 9").getAsDouble())
                .isEqualTo(14.0);
    }

    @Test
    void saysNothingWhereTheLineIsAnother() {
        assertThat(OtherLoad.busySeconds("intr 1 2 3 4 5 6 7 8 9")).isEmpty();
        assertThat(OtherLoad.busySeconds("cpu 1 2 3")).isEmpty();
    }
}
