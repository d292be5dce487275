package io.ordinaut.standalone;

import io.ordinaut.secret.SecretBox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The folder that holds everything standalone keeps; one process at a time, its owner only. */
public final class DataDirectory implements AutoCloseable {
  private static final boolean POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

  private final Path root;
  private final FileChannel lockFile;

  private DataDirectory(Path root, FileChannel lockFile) {
    this.root = root;
    this.lockFile = lockFile;
  }

  /**
   * Opens the folder, making it if need be.
   *
   * @throws StartException when it can't be written or another process has it
   */
  public static DataDirectory open(Path path) {
    Path root = path.toAbsolutePath().normalize();
    try {
      Files.createDirectories(root, attributes("rwx------"));
      // Processes are known by their real paths.
      root = root.toRealPath();
      refuseForeign(root);
      if (POSIX) {
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx------"));
      }
      FileChannel lockFile =
          FileChannel.open(
              root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (!locked(lockFile)) {
        lockFile.close();
        throw new StartException(
            "The data directory "
                + root
                + " is in use by another Ordinaut; stop that one, or set ORDINAUT_DATA to another"
                + " directory.");
      }
      return new DataDirectory(root, lockFile);
    } catch (IOException e) {
      throw new StartException(
          "The data directory " + root + " can't be written; set ORDINAUT_DATA to one that can.",
          e);
    }
  }

  /** A folder that holds something else is left as it is. */
  private static void refuseForeign(Path root) throws IOException {
    try (Stream<Path> content = Files.list(root)) {
      if (content.findAny().isPresent() && !Files.exists(root.resolve("lock"))) {
        throw new StartException(
            "The data directory "
                + root
                + " holds other files; set ORDINAUT_DATA to a directory of its own.");
      }
    }
  }

  private static boolean locked(FileChannel lockFile) throws IOException {
    try {
      FileLock lock = lockFile.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private static FileAttribute<?>[] attributes(String permissions) {
    return POSIX
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }

  /** A file or folder in it. */
  public Path resolve(String name) {
    return root.resolve(name);
  }

  /** Where it is. */
  public Path root() {
    return root;
  }

  /** The password of the embedded servers, made at the first start. */
  public String password() {
    try {
      String known = read("password");
      if (known != null && !known.isBlank()) {
        return known.strip();
      }
      byte[] random = new byte[24];
      new SecureRandom().nextBytes(random);
      String made = HexFormat.of().formatHex(random);
      write("password", made + "\n");
      return made;
    } catch (IOException e) {
      throw new StartException("The data directory " + root + " can't be written.", e);
    }
  }

  /** The key that locks secrets, made at the first start, in the form of ORDINAUT_SECRET_KEY. */
  public String secretKey() {
    try {
      String known = read("secret-key");
      if (known != null && !known.isBlank()) {
        return known.strip();
      }
      String made = SecretBox.newKey("standalone", new SecureRandom());
      write("secret-key", made + "\n");
      return made;
    } catch (IOException e) {
      throw new StartException("The data directory " + root + " can't be written.", e);
    }
  }

  /** Writes where the servers listen, for psql, redis-cli and further workers. */
  public void writeConnections(String databaseUrl, String redisUrl) {
    try {
      write("connection.env", "DATABASE_URL=" + databaseUrl + "\nREDIS_URL=" + redisUrl + "\n");
    } catch (IOException e) {
      throw new StartException("The data directory " + root + " can't be written.", e);
    }
  }

  /** The content of a file, or null when there is none. */
  @Nullable String read(String name) throws IOException {
    Path file = root.resolve(name);
    return Files.exists(file) ? Files.readString(file) : null;
  }

  /** Writes a file that only the owner can read, whole or not at all. */
  private void write(String name, String content) throws IOException {
    Path part = root.resolve(name + ".part");
    Files.deleteIfExists(part);
    Files.createFile(part, attributes("rw-------"));
    Files.writeString(part, content);
    Files.move(
        part,
        root.resolve(name),
        StandardCopyOption.REPLACE_EXISTING,
        StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void close() {
    try {
      lockFile.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
