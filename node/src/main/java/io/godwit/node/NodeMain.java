package io.godwit.node;

import io.godwit.config.InvalidConfigException;
import io.godwit.config.NodeConfig;
import io.godwit.config.NodeConfigReader;
import io.godwit.node.cli.ExitCodes;
import java.net.URLConnection;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code godwit node}: one host's node, from its configuration to its orderly end. */
public final class NodeMain {
    private static final Logger LOG = LoggerFactory.getLogger(NodeMain.class);

    private NodeMain() {}

    /** Runs until the node ends or the process is told to; returns the exit code of a node that failed. */
    public static int run(Path configFile) {
        // What libraries look up in jars is read once: open, each would keep its table of contents and manifest in the
        // heap.
        URLConnection.setDefaultUseCaches("jar", false);
        Node node;
        try {
            NodeConfig config = NodeConfigReader.read(configFile);
            Logging.setLevel(config.logLevel());
            node = Node.start(config);
        } catch (InvalidConfigException refused) {
            System.err.println(refused.getMessage());
            return ExitCodes.NODE_FAILED;
        } catch (NodeStartException failed) {
            System.err.println("godwit: " + failed.getMessage());
            LOG.debug("the node did not start", failed);
            return ExitCodes.NODE_FAILED;
        }
        Thread leaving = new Thread(() -> leave(node), "godwit-leave");
        if (!TerminationSignals.handle(() -> leave(leaving))) {
            Runtime.getRuntime().addShutdownHook(leaving);
        }
        System.out.println("godwit: host " + node.name() + " ready at " + node.url());
        System.out.flush();
        return await(node, leaving);
    }

    /** SIGTERM is how a node is meant to end: once everything is given back, that is success. */
    private static void leave(Node node) {
        node.leave();
        Runtime.getRuntime().halt(ExitCodes.OK);
    }

    /** Who asks twice does not want to wait for the VMs to be moved away. */
    private static synchronized void leave(Thread leaving) {
        if (leaving.getState() == Thread.State.NEW) {
            leaving.start();
        } else {
            leaving.interrupt();
        }
    }

    /** @param leaving ends the process itself once it has begun: what is closed after the actors is to be closed, too */
    private static int await(Node node, Thread leaving) {
        try {
            node.ended().toCompletableFuture().join();
            leaving.join();
            return ExitCodes.OK;
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
            return ExitCodes.NODE_FAILED;
        } catch (CompletionException failed) {
            System.err.println("godwit: host " + node.name() + " cannot go on: " + failed.getCause());
            node.close();
            Runtime.getRuntime().halt(ExitCodes.NODE_FAILED);
            return ExitCodes.NODE_FAILED;
        }
    }
}
