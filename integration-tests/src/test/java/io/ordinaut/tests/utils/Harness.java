package io.ordinaut.tests.utils;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.ordinaut.scheduler.event.Dispatch;
import io.ordinaut.scheduler.loop.SchedulerConfig;
import io.ordinaut.scheduler.loop.SchedulerLoop;
import io.ordinaut.scheduler.observe.FiringObserver;
import io.ordinaut.scheduler.relay.Relay;
import io.ordinaut.scheduler.retention.Retention;
import io.ordinaut.scheduler.tick.Tick;
import io.ordinaut.secret.Sealed;
import io.ordinaut.secret.SecretBox;
import io.ordinaut.service.Bell;
import io.ordinaut.store.Db;
import io.ordinaut.stream.EventStream;
import io.ordinaut.stream.NudgeStream;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.loop.WorkerConfig;
import io.ordinaut.worker.loop.WorkerLoop;
import io.ordinaut.worker.observe.RunObserver;
import io.ordinaut.worker.secret.Vault;
import io.ordinaut.worker.tool.Tool;
import io.ordinaut.worker.tool.Tools;
import io.ordinaut.worker.tool.http.AllowList;
import io.ordinaut.worker.tool.http.Outbound;
import io.ordinaut.worker.tool.mcp.McpTools;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A database of a test's own, a Redis database of its own, and services made with {@code new} on
 * them. Closing it closes whatever it made.
 */
public final class Harness implements AutoCloseable {
  /** The settings that the services' connections have. */
  private static final Map<String, String> SESSION =
      Map.of(
          "plan_cache_mode", "force_generic_plan",
          "enable_seqscan", "off",
          "enable_bitmapscan", "off",
          "jit", "off",
          "statement_timeout", "15000",
          "idle_in_transaction_session_timeout", "10000");

  private final Vertx vertx = Vertx.vertx();
  private final Deque<AutoCloseable> made = new ArrayDeque<>();
  private final String databaseUrl;
  private final boolean owned;
  private final Pool pool;
  private final Db db;
  private final NudgeStream nudges;
  private final EventStream events;
  private final Redis redis;
  private final SecretBox box =
      new SecretBox(SecretBox.newKey("test", new SecureRandom()), new SecureRandom());

  /** On a fresh database and the suite's Redis. */
  public Harness() {
    this(Backends.newDatabase(), Backends.newRedis(), true);
  }

  /** On the given database and the suite's Redis. */
  public Harness(String databaseUrl) {
    this(databaseUrl, Backends.newRedis());
  }

  /** On the given database and Redis. */
  public Harness(String databaseUrl, String redisUrl) {
    this(databaseUrl, redisUrl, false);
  }

  private Harness(String databaseUrl, String redisUrl, boolean owned) {
    this.databaseUrl = databaseUrl;
    this.owned = owned;
    PgConnectOptions options =
        PgConnectOptions.fromUri(databaseUrl).setCachePreparedStatements(true);
    SESSION.forEach(options::addProperty);
    this.pool =
        PgBuilder.pool()
            .connectingTo(options)
            .with(new PoolOptions().setMaxSize(16))
            .using(vertx)
            .build();
    this.db = new Db(pool, Duration.ofSeconds(10));
    this.redis = Redis.createClient(vertx, new RedisOptions().setConnectionString(redisUrl));
    this.nudges = new NudgeStream(redis, Duration.ofSeconds(2));
    this.events = new EventStream(redis, Duration.ofSeconds(10));
    made.push(redis::close);
  }

  /** Where the database is. */
  public String databaseUrl() {
    return databaseUrl;
  }

  /** The database, as the services see it. */
  public Db db() {
    return db;
  }

  /** Locks secrets as this harness's workers open them. */
  public SecretBox box() {
    return box;
  }

  /** The connections to it. */
  public Pool pool() {
    return pool;
  }

  /** The nudges of this harness's Redis database. */
  public NudgeStream nudges() {
    return nudges;
  }

  /** The stream of events in this harness's Redis database. */
  public EventStream events() {
    return events;
  }

  /** This harness's Redis database. */
  public Redis redis() {
    return redis;
  }

  /** A scheduler's relay of events. */
  public Relay relay() {
    return new Relay(db, events, 100_000, InstantSource.system());
  }

  /** A scheduler's turn. */
  public Tick tick() {
    return tick(Duration.ofSeconds(2));
  }

  /** A scheduler's turn that looks ahead so far. */
  public Tick tick(Duration lookAhead) {
    return new Tick(db, nudges, lookAhead, 500, new FiringObserver(new SimpleMeterRegistry()));
  }

  /** A scheduler's removal of what is too old. */
  public Retention retention() {
    return retention(Map.of());
  }

  /** A scheduler's removal of what is too old, with settings of its own. */
  public Retention retention(Map<String, String> settings) {
    SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder().withMapping(SchedulerConfig.class);
    settings.forEach(
        (name, value) -> builder.withDefaultValue("ordinaut.scheduler.retention." + name, value));
    return new Retention(db, builder.build().getConfigMapping(SchedulerConfig.class).retention());
  }

  /** A scheduler's dispatch of events. */
  public Dispatch dispatch() {
    return new Dispatch(db, () -> {});
  }

  /** A worker that nobody turns. */
  public Worker worker(String id) {
    return worker(id, Map.of());
  }

  /** A worker that nobody turns, with settings of its own. */
  public Worker worker(String id, Map<String, String> settings) {
    return worker(id, settings, Map.of());
  }

  /** A worker that nobody turns, with settings and built-in tools of its own. */
  public Worker worker(String id, Map<String, String> settings, Map<String, Tool> more) {
    WorkerConfig config = workerConfig(settings);
    Tools tools = tools(config, more);
    return keep(
        new Worker(
            id,
            db,
            nudges,
            config,
            new Bell(),
            tools,
            vault(),
            new RunObserver(new SimpleMeterRegistry())));
  }

  private Tools tools(WorkerConfig config, Map<String, Tool> more) {
    Outbound outbound = new Outbound(AllowList.parse(config.outboundAllow().orElse("")));
    McpTools mcp = new McpTools(db, config.mcp(), outbound);
    Tools tools = keep(new Tools(db, nudges, outbound, mcp, config.testTools(), more));
    tools.begin();
    return tools;
  }

  /** The tools that a worker has. */
  public Tools tools() {
    return tools(workerConfig(Map.of()), Map.of());
  }

  /** Where a worker has its secrets from. */
  public Vault vault() {
    return new Vault(db, box);
  }

  /** A running scheduler. */
  public SchedulerLoop scheduler() {
    return scheduler(Map.of());
  }

  /** A running scheduler with settings of its own. */
  public SchedulerLoop scheduler(Map<String, String> settings) {
    SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder().withMapping(SchedulerConfig.class);
    settings.forEach(
        (name, value) -> builder.withDefaultValue("ordinaut.scheduler." + name, value));
    SchedulerConfig config = builder.build().getConfigMapping(SchedulerConfig.class);
    SchedulerLoop loop =
        keep(new SchedulerLoop(config, db, nudges, events, new SimpleMeterRegistry()));
    loop.start();
    return loop;
  }

  /** A running worker. */
  public WorkerLoop runningWorker() {
    return runningWorker(Map.of());
  }

  /** A running worker with settings of its own. */
  public WorkerLoop runningWorker(Map<String, String> settings) {
    WorkerLoop loop =
        keep(new WorkerLoop(workerConfig(settings), db, nudges, box, new SimpleMeterRegistry()));
    loop.start();
    return loop;
  }

  private static WorkerConfig workerConfig(Map<String, String> settings) {
    SmallRyeConfigBuilder builder =
        new SmallRyeConfigBuilder()
            .withMapping(WorkerConfig.class)
            .withDefaultValue("ordinaut.worker.test-tools", "true");
    settings.forEach((name, value) -> builder.withDefaultValue("ordinaut.worker." + name, value));
    return builder.build().getConfigMapping(WorkerConfig.class);
  }

  private <T extends AutoCloseable> T keep(T service) {
    made.push(service);
    return service;
  }

  /** Stores a secret that this harness's workers can open. */
  public void secret(String name, String value) {
    Sealed sealed = box.seal(name, value);
    execute(
        "INSERT INTO secret (name, key_id, nonce, ciphertext) VALUES ($1, $2, $3, $4)",
        name,
        sealed.keyId(),
        Buffer.buffer(sealed.nonce()),
        Buffer.buffer(sealed.ciphertext()));
  }

  /** Runs a query. */
  public List<Row> query(String sql, Object... arguments) {
    return db.query(sql, Tuple.wrap(arguments), row -> row);
  }

  /** Runs a query for a number. */
  public long count(String sql, Object... arguments) {
    return query(sql, arguments).get(0).getLong(0);
  }

  /** Runs a statement. */
  public int execute(String sql, Object... arguments) {
    return db.execute(sql, Tuple.wrap(arguments));
  }

  /** What time it is by the database. */
  public OffsetDateTime clock() {
    return query("SELECT clock_timestamp()").get(0).getOffsetDateTime(0);
  }

  /** The one row of a piece of work. */
  public Row work(UUID id) {
    return query("SELECT * FROM due_work WHERE id = $1", id).get(0);
  }

  /** How many of the database's sessions wait for a lock that another one holds. */
  public long lockWaiters() {
    return count(
        "SELECT count(*) FROM pg_stat_activity"
            + " WHERE datname = current_database() AND wait_event_type = 'Lock'");
  }

  @Override
  public void close() {
    while (!made.isEmpty()) {
      close(made.pop());
    }
    pool.close().toCompletionStage().toCompletableFuture().join();
    vertx.close().toCompletionStage().toCompletableFuture().join();
    if (owned) {
      Backends.drop(databaseUrl);
    }
  }

  private static void close(AutoCloseable service) {
    try {
      service.close();
    } catch (Exception e) {
      throw new IllegalStateException(service + " does not close.", e);
    }
  }
}
