package io.ordinaut.api.task;

import io.ordinaut.api.http.Body;
import io.ordinaut.api.http.Problem;
import io.ordinaut.api.run.RunTable;
import io.ordinaut.stream.NudgeStream;
import io.ordinaut.task.Task;
import io.ordinaut.task.TaskDraft;
import io.ordinaut.work.Ids;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.time.InstantSource;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Tasks: what to run, and when. */
@Path("/v1/tasks")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Tasks")
public class TaskResource {
  private final TaskTable tasks;
  private final RunTable runs;
  private final NudgeStream nudges;
  private final InstantSource clock = InstantSource.system();

  @Inject
  TaskResource(TaskTable tasks, RunTable runs, NudgeStream nudges) {
    this.tasks = tasks;
    this.runs = runs;
    this.nudges = nudges;
  }

  /** Creates a task. */
  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(summary = "Create a task", description = "Answers with its first next_run.")
  public Response create(byte[] body) {
    TaskDraft draft = TaskDraft.parse(Body.json(body), clock.instant());
    Task task = tasks.insert(Ids.next(), Ids.SYSTEM_AGENT, draft);
    nudges.send(NudgeStream.SCHEDULE);
    return Response.created(URI.create("/v1/tasks/" + task.id()))
        .entity(TaskJson.write(task))
        .build();
  }

  /** Shows a task. */
  @GET
  @Path("/{id}")
  @Operation(summary = "Show a task")
  public String show(@PathParam("id") String id) {
    return TaskJson.write(existing(id));
  }

  /** Lists the runs of a task, newest first. */
  @GET
  @Path("/{id}/runs")
  @Operation(summary = "List the runs of a task", description = "Newest first.")
  public String runs(@PathParam("id") String id) {
    return runs.newestOf(existing(id).id());
  }

  private Task existing(String id) {
    UUID uuid = Body.id(id, "task");
    return tasks.byId(uuid).orElseThrow(() -> Problem.notFound("task"));
  }
}
