package org.seglosses.examples.samediff;

import org.seglosses.examples.earth.EarthTiles;
import org.seglosses.samediff.loss.Boundary;
import org.seglosses.samediff.loss.Combined;
import org.seglosses.samediff.loss.CrossEntropy;
import org.seglosses.samediff.loss.LovaszSoftmax;
import org.seglosses.samediff.loss.Mode;
import org.seglosses.samediff.loss.SegmentationLoss;

/** The losses that the network is trained with; each part is told which pixels are void. */
enum Objective {
    LOVASZ(
            "Lovász + cross entropy",
            1,
            LovaszSoftmax.builder().ignoreIndex(EarthTiles.VOID).mode(Mode.MULTICLASS).build()),

    BOUNDARY(
            "½ Boundary + cross entropy",
            0.5,
            Boundary.builder().ignoreIndex(EarthTiles.VOID).mode(Mode.MULTICLASS).build());

    private final String title;
    private final SegmentationLoss loss;

    Objective(String title, double weight, SegmentationLoss added) {
        this.title = title;
        this.loss =
                Combined.builder()
                        .add(1, CrossEntropy.builder().ignoreIndex(EarthTiles.VOID).build())
                        .add(weight, added)
                        .build();
    }

    String title() {
        return title;
    }

    SegmentationLoss loss() {
        return loss;
    }
}
