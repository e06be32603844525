#!/usr/bin/env bash
# Breaks a training on a standalone cluster in mid-course and prints what came of it: executors and workers killed, a
# bad label, a class missing. Fails if anything was not as expected. Arguments go to the command, as --kills 1.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
# Not the port of a cluster that someone may be using.
export SPARK_PORT=${SPARK_PORT:-7177}

"$here/cluster.sh" stop
trap '"$here/cluster.sh" stop' EXIT
"$here/cluster.sh" start
OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive "${JAVA_HOME:+$JAVA_HOME/bin/}java" "@$root/.mvn/jvm.config" -Xmx1g \
  -cp "$(cat "$here/target/classpath")" org.seglosses.examples.spark.SparkExample \
  faults --master "spark://127.0.0.1:$SPARK_PORT" "$@"
