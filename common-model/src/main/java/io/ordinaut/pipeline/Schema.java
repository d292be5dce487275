package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.Error;
import com.networknt.schema.ExecutionContext;
import com.networknt.schema.OutputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import com.networknt.schema.dialect.Dialects;
import com.networknt.schema.path.NodePath;
import com.networknt.schema.regex.RegularExpression;
import com.networknt.schema.regex.RegularExpressions;
import io.ordinaut.failure.Excerpt;
import java.util.List;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * A JSON Schema, compiled: draft 2020-12 unless its {@code $schema} says draft 7 or 2019-09. It is
 * complete in itself: references to other documents are refused.
 */
public final class Schema {
  /** Faults that one check names. */
  private static final int MOST_FAULTS = 5;

  private static final SchemaRegistry REGISTRY =
      SchemaRegistry.withDialects(
          List.of(Dialects.getDraft202012(), Dialects.getDraft201909(), Dialects.getDraft7()),
          registry ->
              registry
                  .defaultDialectId(SpecificationVersion.DRAFT_2020_12.getDialectId())
                  .schemaCacheEnabled(false)
                  .schemaRegistryConfig(
                      SchemaRegistryConfig.builder()
                          .regularExpressionFactory(Schema::pattern)
                          .build())
                  .schemaLoader(
                      loader ->
                          loader.allow(
                              iri -> iri.toString().contains("://json-schema.org/draft"))));

  private final com.networknt.schema.Schema compiled;

  /** ECMA-262's syntax as the library reads it. */
  private static RegularExpression pattern(String source) {
    return new BoundedPattern(
            source,
            RegularExpressions.replaceLongformCharacterProperties(
                RegularExpressions.replaceDollarAnchors(source)))
        ::isFoundIn;
  }

  private Schema(com.networknt.schema.Schema compiled) {
    this.compiled = compiled;
  }

  /**
   * Compiles a schema.
   *
   * @throws ExpressionException with a sentence when it is none
   */
  public static Schema compile(JsonNode source) {
    if (!source.isObject() && !source.isBoolean()) {
      throw new ExpressionException("must be a JSON Schema: an object.");
    }
    try {
      List<Error> faults = metaSchema(source).validate(source);
      if (!faults.isEmpty()) {
        throw new ExpressionException(
            "is not a JSON Schema: " + Excerpt.of(sentence(faults.get(0))));
      }
      com.networknt.schema.Schema schema = REGISTRY.getSchema(source);
      schema.initializeValidators();
      return new Schema(schema);
    } catch (ExpressionException e) {
      throw e;
    } catch (StackOverflowError e) {
      throw new ExpressionException("is a JSON Schema that is nested too deep.");
    } catch (RuntimeException e) {
      throw new ExpressionException(reason(e));
    }
  }

  private static String reason(RuntimeException failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof PatternSyntaxException pattern) {
        return "has a pattern that is no regular expression: " + Excerpt.of(pattern.getPattern());
      }
    }
    return "is not a JSON Schema that stands alone: " + Excerpt.ofReason(failure);
  }

  private static com.networknt.schema.Schema metaSchema(JsonNode source) {
    String dialect =
        source.path("$schema").asText(SpecificationVersion.DRAFT_2020_12.getDialectId());
    return REGISTRY.getSchema(com.networknt.schema.SchemaLocation.of(dialect));
  }

  /** What is wrong with a value, in sentences; empty when it matches. */
  public List<String> faults(JsonNode value) {
    try {
      return checked(value).stream().limit(MOST_FAULTS).map(Schema::sentence).toList();
    } catch (ExpressionException e) {
      return List.of(String.valueOf(e.getMessage()));
    } catch (StackOverflowError e) {
      return List.of("the value or the schema is nested too deep.");
    }
  }

  private List<Error> checked(JsonNode value) {
    return Effort.limited(
        Effort.MOST, () -> compiled.validate(new Patience(compiled), value, OutputFormat.DEFAULT));
  }

  /**
   * Counts what a check does: references that lead to references make millions of rules of a schema
   * of a few lines.
   */
  private static final class Patience extends ExecutionContext {
    /** About a second or two of a slow core. */
    private static final int MOST = 1_000_000;

    private static final int BETWEEN_LOOKS = 1_024;

    private int done;

    Patience(com.networknt.schema.Schema schema) {
      super(schema.createExecutionContext().getExecutionConfig());
    }

    @Override
    public void evaluationPathAddLast(String step) {
      count();
      super.evaluationPathAddLast(step);
    }

    @Override
    public void evaluationPathAddLast(int step) {
      count();
      super.evaluationPathAddLast(step);
    }

    private void count() {
      done++;
      if (done > MOST) {
        throw new ExpressionException(
            "the schema takes too long: it must not apply more than "
                + MOST
                + " rules to the value");
      }
      if (done % BETWEEN_LOOKS == 0) {
        Effort.check();
      }
    }
  }

  /** What is wrong with a value, and where in it. */
  List<Fault> faultsAt(JsonNode value) {
    return compiled.validate(value).stream().map(error -> Fault.of(error, value)).toList();
  }

  /**
   * Something wrong within a value.
   *
   * @param place behind the value's own path, such as {@code .a[0]}; of what is missing too
   * @param value what stands there, or around what is missing or not known
   * @param keyword of the schema
   */
  record Fault(String place, JsonNode value, String keyword, String sentence) {
    private static Fault of(Error error, JsonNode whole) {
      StringBuilder place = new StringBuilder();
      JsonNode value = whole;
      NodePath path = error.getInstanceLocation();
      for (int i = 0; i < path.getNameCount(); i++) {
        if (path.getElement(i) instanceof Integer index) {
          place.append('[').append(index).append(']');
          value = value.path(index);
        } else {
          place.append('.').append(path.getName(i));
          value = value.path(path.getName(i));
        }
      }
      String keyword = error.getKeyword();
      String property = "." + error.getProperty();
      return switch (keyword) {
        case "required" -> new Fault(place + property, value, keyword, "is required.");
        case "additionalProperties" ->
            new Fault(place + property, value, keyword, "is not a known field.");
        default -> new Fault(place.toString(), value, keyword, error.getMessage() + ".");
      };
    }
  }

  /** The first property that a value lacks although the schema requires it; null when none. */
  public @Nullable String missing(JsonNode value) {
    for (JsonNode name : compiled.getSchemaNode().path("required")) {
      if (name.isTextual() && !value.has(name.textValue())) {
        return name.textValue();
      }
    }
    return null;
  }

  private static String sentence(Error fault) {
    String at = fault.getInstanceLocation().toString();
    return (at.isEmpty() || at.equals("$") ? "" : at + ": ") + fault.getMessage();
  }
}
