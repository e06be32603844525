package org.seglosses.dl4j;

import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** The Java lines of a page of the documentation, compiled and run as they stand there. */
final class PageSnippets {

    /** One block of a page; its number of the line makes the class's name. */
    record Snippet(int line, String code) {

        String className() {
            return "Line" + line;
        }

        @Override
        public String toString() {
            return "line " + line;
        }
    }

    private final List<Snippet> snippets;

    private PageSnippets(List<Snippet> snippets) {
        this.snippets = snippets;
    }

    static PageSnippets of(Path page) throws IOException {
        List<Snippet> snippets = new ArrayList<>();
        List<String> lines = Files.readAllLines(page);
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).equals("```java")) {
                int first = i + 1;
                while (!lines.get(++i).equals("```")) {}
                snippets.add(
                        new Snippet(first + 1, String.join("\n", lines.subList(first, i)) + "\n"));
            }
        }
        return new PageSnippets(snippets);
    }

    List<Snippet> all() {
        return snippets;
    }

    /**
     * Compiles all blocks, each as the body of a method.
     *
     * @param imports import lines that the page's reader has
     * @param given declarations of the variables that the page's reader has
     * @return what the compiler has to say; empty if all is right
     */
    String compile(String imports, String given, Path directory) throws IOException {
        List<Path> sources = new ArrayList<>();
        for (Snippet snippet : snippets) {
            Path source = directory.resolve(snippet.className() + ".java");
            Files.writeString(
                    source,
                    imports
                            + "public class "
                            + snippet.className()
                            + " {\n  public static void run() throws Exception {\n"
                            + given
                            + "{\n"
                            + snippet.code()
                            + "}}}\n");
            sources.add(source);
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            compiler.getTask(
                            said,
                            files,
                            null,
                            List.of(
                                    "-nowarn",
                                    "-proc:none",
                                    "-classpath",
                                    System.getProperty("java.class.path"),
                                    "-d",
                                    directory.toString()),
                            null,
                            files.getJavaFileObjectsFromPaths(sources))
                    .call();
        }
        return said.toString()
                .lines()
                .filter(line -> !line.startsWith("Note:"))
                .collect(Collectors.joining("\n"));
    }

    static void run(Snippet snippet, Path directory) throws Throwable {
        try (URLClassLoader loader =
                new URLClassLoader(
                        new URL[] {directory.toUri().toURL()},
                        PageSnippets.class.getClassLoader())) {
            loader.loadClass(snippet.className()).getMethod("run").invoke(null);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
