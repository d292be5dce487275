package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.json.Json;
import java.util.Optional;
import java.util.stream.Stream;

/** The tools that every worker has. */
public enum BuiltIn {
  /** Answers with its input. */
  ECHO(
      "echo-tool",
      "Answers with its input.",
      """
      {"type": "object"}"""),

  /** One HTTP request. */
  HTTP_REQUEST(
      "http.request",
      "Sends an HTTP request. The output is {status, headers, body}: JSON is parsed, text is text,"
          + " anything else is base64 and says so in \"encoding\". A status that is not in"
          + " accept_status is an error.",
      """
      {"type": "object",
       "required": ["url"],
       "properties": {
         "method": {"enum": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
           "default": "GET"},
         "url": {"type": "string", "description": "Absolute; https or http."},
         "headers": {"type": "object",
           "additionalProperties": {"type": ["string", "number", "boolean"]}},
         "query": {"type": "object",
           "description": "Added to the URL. A list repeats its name, null leaves it out."},
         "body": {"description": "A string is sent as text, any other value as JSON."},
         "accept_status": {"type": "array", "minItems": 1, "maxItems": 100,
           "items": {"type": ["string", "integer"], "pattern": "^[1-5](xx|[0-9][0-9])$",
             "minimum": 100, "maximum": 599},
           "default": ["2xx"],
           "description": "What counts as success: codes such as 404, classes such as 2xx."}},
       "additionalProperties": false}"""),

  /** An event. */
  EVENT_PUBLISH(
      "event.publish",
      "Publishes an event, once however often the step is retried. The output is {event_id,"
          + " duplicate}.",
      """
      {"type": "object",
       "required": ["topic"],
       "properties": {
         "topic": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,100}$"},
         "payload": {"type": "object", "default": {}},
         "source": {"type": "string", "minLength": 1, "maxLength": 200}},
       "additionalProperties": false}"""),

  /** Waiting. */
  DELAY(
      Step.DELAY,
      "Lets the run wait without holding a worker's slot. The output is {until}.",
      """
      {"type": "object",
       "properties": {
         "seconds": {"type": "number", "minimum": 0, "maximum": 31622400},
         "until": {"type": "string", "format": "date-time"}},
       "minProperties": 1, "maxProperties": 1,
       "additionalProperties": false}"""),

  /** JMESPath over a value. */
  TRANSFORM(
      "transform",
      "Evaluates a JMESPath expression over the input; the output is what it yields. The expression"
          + " itself must not hold ${.",
      """
      {"type": "object",
       "required": ["input", "expression"],
       "properties": {
         "input": {"description": "What the expression sees."},
         "expression": {"type": "string", "minLength": 1, "maxLength": 2000}},
       "additionalProperties": false}"""),

  /** A check that ends the run. */
  ASSERT(
      "assert",
      "Fails with condition_error when \"that\" is false or null. The output is {}.",
      """
      {"type": "object",
       "required": ["that"],
       "properties": {
         "that": {"description": "Any value but false and null holds."},
         "message": {"type": "string", "description": "What the error says."}},
       "additionalProperties": false}"""),

  /** Which tools a server has. */
  MCP_DISCOVER(
      "mcp.discover",
      "Asks an MCP server for its tools and writes them into the catalogue. The output is {tools,"
          + " skipped, unchecked}: those that steps can't name, and those whose schemas can't be"
          + " read.",
      """
      {"type": "object",
       "required": ["server"],
       "properties": {"server": {"type": "string", "minLength": 1, "maxLength": 100}},
       "additionalProperties": false}"""),

  /** A failure. */
  FAILING(
      "failing-tool",
      "Fails with what \"message\" says; for tests.",
      """
      {"type": "object"}""");

  private final String toolName;
  private final String description;
  private final JsonNode inputSchema;

  BuiltIn(String toolName, String description, String inputSchema) {
    this.toolName = toolName;
    this.description = description;
    this.inputSchema = Json.read(inputSchema);
  }

  /** The built-in tool of a name, if there is one. */
  public static Optional<BuiltIn> named(String name) {
    return Stream.of(values()).filter(tool -> tool.toolName.equals(name)).findFirst();
  }

  /** What {@code uses} calls it. */
  public String toolName() {
    return toolName;
  }

  /** What it does, in a sentence or two. */
  public String description() {
    return description;
  }

  /** The JSON Schema of its input; a copy. */
  public JsonNode inputSchema() {
    return inputSchema.deepCopy();
  }

  /** Whether it exists only where tools for tests are switched on. */
  public boolean isTestOnly() {
    return this == FAILING;
  }
}
