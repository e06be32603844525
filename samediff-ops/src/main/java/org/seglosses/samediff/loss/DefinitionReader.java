package org.seglosses.samediff.loss;

import org.nd4j.shade.jackson.core.JsonParser;
import org.nd4j.shade.jackson.core.JsonToken;
import org.nd4j.shade.jackson.databind.BeanProperty;
import org.nd4j.shade.jackson.databind.DeserializationContext;
import org.nd4j.shade.jackson.databind.JavaType;
import org.nd4j.shade.jackson.databind.JsonDeserializer;
import org.nd4j.shade.jackson.databind.deser.ContextualDeserializer;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Reads the records that definitions are made of from JSON and YAML. Jackson's own reading of a
 * record would make 0, false or null of a property that is missing, and skip one that it does not
 * know.
 *
 * <ul>
 *   <li>A property that is missing has its default: that of the class's static {@code builder()},
 *       or for a part of another definition that of the whole's. So a parameter that comes later
 *       does not change what earlier files mean. In a class without a builder it is null.
 *   <li>A property that is null is null, where null means something; a number, a switch or a choice
 *       must be given.
 *   <li>A property that is unknown is refused.
 * </ul>
 */
final class DefinitionReader extends JsonDeserializer<Object> implements ContextualDeserializer {

    /** What {@link SegmentationLoss} adds to the properties of a definition. */
    private static final String CLASS = "@class";

    private final Class<?> type;

    /** For Jackson, which tells the type next. */
    DefinitionReader() {
        this(null);
    }

    private DefinitionReader(Class<?> type) {
        this.type = type;
    }

    @Override
    public JsonDeserializer<?> createContextual(
            DeserializationContext context, BeanProperty property) {
        return new DefinitionReader(context.getContextualType().getRawClass());
    }

    @Override
    public Object deserialize(JsonParser parser, DeserializationContext context)
            throws IOException {
        try {
            return read(type, parser, () -> defaults(type), context);
        } catch (IllegalArgumentException e) {
            throw context.instantiationException(type, e);
        }
    }

    private static Object read(
            Class<?> type,
            JsonParser parser,
            Supplier<Object> defaults,
            DeserializationContext context)
            throws IOException {
        String name = type.getSimpleName();
        Rules.require(type.isRecord(), name, "a record, to be read from JSON", type.getName());
        Map<String, RecordComponent> known = new LinkedHashMap<>();
        for (RecordComponent component : type.getRecordComponents()) {
            known.put(component.getName(), component);
        }
        Map<String, Object> values = new HashMap<>();
        // a property that names the class has been read before, if there is one
        if (parser.isExpectedStartObjectToken()) {
            parser.nextToken();
        }
        for (; parser.currentToken() == JsonToken.FIELD_NAME; parser.nextToken()) {
            String property = parser.currentName();
            RecordComponent component = known.get(property);
            parser.nextToken();
            boolean ofClass =
                    property.equals(CLASS) && parser.getValueAsString("").equals(type.getName());
            Rules.require(
                    component != null || ofClass,
                    "properties of " + name,
                    "among " + known.keySet(),
                    property);
            if (component != null) {
                Supplier<Object> ofComponent = () -> get(component, defaults.get());
                values.put(property, value(component, parser, ofComponent, context));
            }
        }
        Rules.require(
                parser.currentToken() == JsonToken.END_OBJECT,
                name,
                "an object of its parameters",
                parser.currentToken());
        for (RecordComponent component : known.values()) {
            String property = component.getName();
            boolean given = values.containsKey(property);
            if (!given) {
                values.put(property, get(component, defaults.get()));
            }
            Rules.require(
                    values.get(property) != null || !component.getType().isPrimitive(),
                    property + " of " + name,
                    "given",
                    given ? null : "none");
        }
        return create(type, known.keySet().stream().map(values::get).toArray());
    }

    private static Object value(
            RecordComponent component,
            JsonParser parser,
            Supplier<Object> defaults,
            DeserializationContext context)
            throws IOException {
        Class<?> type = component.getType();
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            return null;
        }
        if (type.isRecord()) {
            return read(type, parser, defaults, context);
        }
        // Jackson reads an empty text as 0, false or null
        Rules.require(
                type == String.class
                        || parser.currentToken() != JsonToken.VALUE_STRING
                        || !parser.getText().isBlank(),
                component.getName(),
                "given, or left out for its default",
                "an empty text");
        JavaType generic = context.getTypeFactory().constructType(component.getGenericType());
        // Jackson cuts the fraction of what is read as an integer
        if (type == int.class || type == Integer.class) {
            return whole(component, context.readValue(parser, Double.class));
        }
        if (generic.isCollectionLikeType() && generic.getContentType().hasRawClass(Integer.class)) {
            Double[] all = context.readValue(parser, Double[].class);
            return Arrays.stream(all).map(each -> whole(component, each)).toList();
        }
        return context.readValue(parser, generic);
    }

    private static Integer whole(RecordComponent component, Double value) {
        if (value == null) {
            return null;
        }
        Rules.require(value == value.intValue(), component.getName(), "whole, below 2^31", value);
        return value.intValue();
    }

    private static Object get(RecordComponent component, Object owner) {
        try {
            component.getAccessor().setAccessible(true);
            return owner == null ? null : component.getAccessor().invoke(owner);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object create(Class<?> type, Object[] values) {
        Class<?>[] types =
                Arrays.stream(type.getRecordComponents())
                        .map(RecordComponent::getType)
                        .toArray(Class<?>[]::new);
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            throw refusal(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What the class's builder builds of nothing; null without a builder. */
    private static Object defaults(Class<?> type) {
        try {
            Object builder = type.getMethod("builder").invoke(null);
            return builder.getClass().getMethod("build").invoke(builder);
        } catch (NoSuchMethodException e) {
            return null;
        } catch (InvocationTargetException e) {
            throw refusal(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static RuntimeException refusal(InvocationTargetException e) {
        return e.getCause() instanceof RuntimeException own ? own : new IllegalStateException(e);
    }
}
