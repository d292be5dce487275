package io.ordinaut.tests.chaos;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;

/**
 * A JVM whose wall clock is wrong: its {@code java.time.Clock} is this JDK's own with a few seconds
 * added to what it reads. That skews {@code Instant.now()} and all that rests on it, in the service
 * and in its libraries; the monotonic clock and {@code System.currentTimeMillis()} stay as they
 * are.
 */
final class SkewedClock {
  private static final String READ = "currentInstant";
  private static final String INSTANT = "java/time/Instant";

  private SkewedClock() {}

  /** The options of a JVM whose clock is off by so much. */
  static List<String> options(Path directory, Duration offset) {
    Path patch = directory.resolve("clock" + offset.toSeconds());
    Path file = patch.resolve("java/time/Clock.class");
    try (InputStream original = Clock.class.getResourceAsStream("Clock.class")) {
      Files.createDirectories(file.getParent());
      Files.write(file, patched(original.readAllBytes(), offset.toSeconds()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return List.of("--patch-module", "java.base=" + patch);
  }

  private static byte[] patched(byte[] original, long seconds) {
    ClassReader reader = new ClassReader(original);
    ClassWriter writer = new ClassWriter(reader, ClassWriter.COMPUTE_MAXS);
    AtomicBoolean found = new AtomicBoolean();
    reader.accept(
        new ClassVisitor(Opcodes.ASM9, writer) {
          @Override
          public MethodVisitor visitMethod(
              int access, String name, String descriptor, String signature, String[] exceptions) {
            MethodVisitor method =
                super.visitMethod(access, name, descriptor, signature, exceptions);
            if (!name.equals(READ)) {
              return method;
            }
            found.set(true);
            return new Later(method, seconds);
          }
        },
        0);
    if (!found.get()) {
      throw new AssertionError("The clock of this JDK is read by another method than " + READ);
    }
    return writer.toByteArray();
  }

  /** Adds to the instant that a method returns. */
  private static final class Later extends MethodVisitor {
    private final long seconds;

    Later(MethodVisitor method, long seconds) {
      super(Opcodes.ASM9, method);
      this.seconds = seconds;
    }

    @Override
    public void visitInsn(int opcode) {
      if (opcode == Opcodes.ARETURN) {
        visitLdcInsn(seconds);
        visitMethodInsn(
            Opcodes.INVOKEVIRTUAL, INSTANT, "plusSeconds", "(J)L" + INSTANT + ";", false);
      }
      super.visitInsn(opcode);
    }
  }
}
