package org.seglosses.examples.spark;

import picocli.CommandLine.Command;

import java.util.concurrent.Callable;

@Command(name = "parity")
final class Parity implements Callable<Integer> {
    @Override
    public Integer call() {
        return 0;
    }
}
