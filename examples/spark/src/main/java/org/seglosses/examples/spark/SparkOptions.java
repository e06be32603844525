package org.seglosses.examples.spark;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.serializer.KryoSerializer;
import org.seglosses.onednn.OneDnn;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where the work is done: the options that all commands have. */
final class SparkOptions {

    static final String LOCAL = "local[2]";

    private static final Pattern STANDALONE = Pattern.compile("spark://([^/]+:\\d+)");

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--master",
            paramLabel = "URL",
            defaultValue = LOCAL,
            description =
                    "Spark's master (default: ${DEFAULT-VALUE}), as spark://127.0.0.1:7077 of"
                            + " cluster.sh.")
    private String master;

    @Option(
            names = "--workers",
            paramLabel = "N",
            defaultValue = "2",
            description = "Workers, one core each (default: ${DEFAULT-VALUE}).")
    private int workers;

    @Option(
            names = "--tiles-in",
            paramLabel = "DIR",
            description =
                    "Where the tiles are written; the executors must see it under the same path"
                            + " (default: target/spark-tiles in this module).")
    private Path directory;

    @Option(names = "--kryo", description = "Spark's Kryo serializer in the place of Java's own.")
    private boolean kryo;

    String master() {
        return master;
    }

    int workers() {
        if (workers < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--workers must be at least 1, got " + workers);
        }
        return workers;
    }

    /** Tiles of all workers in a step. */
    int tilesInStep() {
        return workers() * Averaging.BATCH;
    }

    boolean isLocal() {
        return master.startsWith("local");
    }

    Path directory() {
        return directory != null ? directory : Module.target().resolve("spark-tiles");
    }

    /** Spark itself tries for a minute and then names another cause. */
    private void requireMaster(String url) {
        Matcher masters = STANDALONE.matcher(url);
        if (!masters.matches()) {
            return;
        }
        for (String master : masters.group(1).split(",")) {
            int colon = master.lastIndexOf(':');
            int port = Integer.parseInt(master.substring(colon + 1));
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(master.substring(0, colon), port), 5_000);
                return;
            } catch (IOException e) {
                // the next one may answer
            }
        }
        throw new ParameterException(
                spec.commandLine(),
                "no Spark master answers at "
                        + url
                        + " (examples/spark/cluster.sh start brings one to spark://127.0.0.1:7077)");
    }

    /** Connects to the master. */
    JavaSparkContext connect() {
        return connect(master);
    }

    /** Connects to another master. */
    JavaSparkContext connect(String url) {
        requireMaster(url);
        OneDnn.enable();
        SparkConf conf =
                new SparkConf()
                        .setMaster(url)
                        .setAppName("earth")
                        .set("spark.ui.enabled", "false")
                        .set("spark.cores.max", Integer.toString(workers()))
                        .set("spark.executor.cores", "1")
                        // Training starts when all have come.
                        .set("spark.scheduler.minRegisteredResourcesRatio", "1")
                        .setIfMissing("spark.executor.memory", "1g")
                        // One core, one thread; waiting threads do not spin.
                        .setIfMissing("spark.executorEnv.OMP_NUM_THREADS", "1")
                        .setIfMissing("spark.executorEnv.OMP_WAIT_POLICY", "passive")
                        .setIfMissing(
                                "spark.executor.extraJavaOptions",
                                // Convolutions by oneDNN; what Sharing needs; a bound for arrays.
                                "-Dorg.eclipse.deeplearning4j.helpers.disable=false"
                                        + " -Daeron.publication.unblock.timeout=45000000000"
                                        + " -Daeron.dir.delete.on.shutdown=true"
                                        + " -Dorg.bytedeco.javacpp.maxbytes=2g"
                                        + " -Dorg.bytedeco.javacpp.maxphysicalbytes=4g");
        if (url.startsWith("local") || url.contains("127.0.0.1")) {
            conf.setIfMissing("spark.driver.host", "127.0.0.1");
            conf.setIfMissing("spark.driver.bindAddress", "127.0.0.1");
        }
        if (kryo) {
            conf.set("spark.serializer", KryoSerializer.class.getName());
            conf.set("spark.kryo.registrator", LossRegistrator.class.getName());
        }
        return new JavaSparkContext(conf);
    }
}
