package org.seglosses.examples.spark;

import org.nd4j.parameterserver.distributed.v2.transport.PortSupplier;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;

/**
 * A UDP port that nobody has: two JVMs of one host with the same port hear each other's messages.
 */
record FreePort() implements PortSupplier {

    private static final long serialVersionUID = 1L;

    @Override
    public int getPort() {
        try (DatagramSocket socket = new DatagramSocket()) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("No UDP port is free", e);
        }
    }
}
