package org.seglosses.samediff.op;

import org.nd4j.linalg.factory.Nd4j;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;

/**
 * Runs in a JVM that has ND4J on its class path and not this library, which comes later, in class
 * loaders of applications.
 */
final class Loaders {

    private Loaders() {}

    /** The class loader of an application: what this library is, it finds itself. */
    private static final class Application extends URLClassLoader {

        Application(URL[] own) {
            super(own, Loaders.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("org.seglosses.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded == null ? findClass(name) : loaded;
            }
        }

        /** In a thread of its own, which ends, as an application's do. */
        void run(String step, Object... arguments) throws Exception {
            Class<?> type = loadClass("org.seglosses.samediff.op.PluggedIn", false);
            Throwable[] thrown = new Throwable[1];
            Thread thread = new Thread(() -> thrown[0] = call(type, step, arguments));
            thread.setContextClassLoader(this);
            thread.start();
            thread.join();
            if (thrown[0] != null) {
                throw new IllegalStateException(step, thrown[0]);
            }
        }

        private static Throwable call(Class<?> type, String step, Object[] arguments) {
            try {
                if (arguments.length == 0) {
                    type.getMethod(step).invoke(null);
                } else {
                    type.getMethod(step, File.class).invoke(null, arguments);
                }
                return null;
            } catch (InvocationTargetException e) {
                return e.getCause();
            } catch (ReflectiveOperationException e) {
                return e;
            }
        }
    }

    private static URL[] urls(String[] paths) throws MalformedURLException {
        URL[] urls = new URL[paths.length - 1];
        for (int i = 0; i < urls.length; i++) {
            urls[i] = Path.of(paths[i + 1]).toUri().toURL();
        }
        return urls;
    }

    /**
     * Runs in the new JVM.
     *
     * @param arguments a file for a graph, and what applications have on their class path
     */
    public static void main(String[] arguments) throws Exception {
        File file = new File(arguments[0]);
        URL[] own = urls(arguments);
        System.out.println("started " + Nd4j.zeros(1).length());

        Application first = new Application(own);
        first.run("useAndSave", file);
        Application second = new Application(own);
        second.run("registerAndLoad", file);
        second.run("useAndSave", file);
        // the graph that the first one loads has the second one's ops
        first.run("loadAndPlan", file);
        first.run("useAndSave", file);
        // and back
        second.run("loadAndPlan", file);
        second.run("useAndSave", file);

        first.run("useThreads");
        first.close();
        first.run("failInThreads");
        second.run("useAndSave", file);
        System.exit(0);
    }
}
