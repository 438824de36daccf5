package org.podbridge.it.load;

import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Two connections whose bytes go from one to the other, each after a delay. The end of one direction is passed on with
 * the same delay; a failure ends both at once. What is on its way is bounded. Thread-safe.
 */
final class TcpLink {

    private static final int READ_BYTES = 1 << 16;

    /** What is on its way in one direction, which with 25 ms allows 640 MB/s. */
    private static final int MAX_BYTES_ON_THE_WAY = 1 << 24;

    private final Socket one;
    private final Socket other;
    private final long delayNanos;
    private final Consumer<TcpLink> whenOver;
    private final AtomicInteger directions = new AtomicInteger(2);
    private final List<Thread> threads = new ArrayList<>();

    TcpLink(Socket one, Socket other, long delayNanos, Consumer<TcpLink> whenOver) throws IOException {
        this.one = one;
        this.other = other;
        this.delayNanos = delayNanos;
        this.whenOver = whenOver;
        one.setTcpNoDelay(true);
        other.setTcpNoDelay(true);
        prepare(one, other);
        prepare(other, one);
    }

    /** Bytes and when they are due; none for the end. */
    private record Piece(ByteBuffer bytes, long due) {}

    private interface Step {
        void run() throws IOException, InterruptedException;
    }

    private void prepare(Socket from, Socket to) {
        BlockingQueue<Piece> onTheWay = new LinkedBlockingQueue<>();
        Semaphore room = new Semaphore(MAX_BYTES_ON_THE_WAY);
        threads.add(new Thread(() -> guarded(() -> read(from, onTheWay, room)), "proxy read"));
        threads.add(new Thread(() -> guarded(() -> write(to, onTheWay, room)), "proxy write"));
    }

    void start() {
        threads.forEach(thread -> {
            thread.setDaemon(true);
            thread.start();
        });
    }

    private void guarded(Step step) {
        try {
            step.run();
        } catch (IOException e) {
            breakOff();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void read(Socket from, BlockingQueue<Piece> onTheWay, Semaphore room)
            throws IOException, InterruptedException {
        byte[] buffer = new byte[READ_BYTES];
        int count;
        do {
            count = from.getInputStream().read(buffer);
            ByteBuffer bytes = ByteBuffer.wrap(Arrays.copyOf(buffer, Math.max(0, count)));
            room.acquire(bytes.remaining());
            onTheWay.add(new Piece(bytes, System.nanoTime() + delayNanos));
        } while (count >= 0);
    }

    private void write(Socket to, BlockingQueue<Piece> onTheWay, Semaphore room)
            throws IOException, InterruptedException {
        Piece piece = onTheWay.take();
        while (piece.bytes().hasRemaining()) {
            await(piece.due());
            to.getOutputStream().write(piece.bytes().array());
            room.release(piece.bytes().remaining());
            piece = onTheWay.take();
        }
        await(piece.due());
        to.shutdownOutput();
        if (directions.decrementAndGet() == 0) {
            breakOff();
        }
    }

    private static void await(long due) throws InterruptedException {
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            LockSupport.parkNanos(left);
        }
    }

    /** Ends both connections at once, with a reset if anything was still to come. Idempotent. */
    void breakOff() {
        whenOver.accept(this);
        if (directions.get() > 0) {
            reset(one);
            reset(other);
        } else {
            close(one);
            close(other);
        }
        threads.forEach(Thread::interrupt);
    }

    static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            // It is closed already.
        }
        close(socket);
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It has ended, which is what was asked for.
        }
    }

    static void startThread(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }
}
