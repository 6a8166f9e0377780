package io.ashlar.engine.sim;

import akka.dispatch.DispatcherPrerequisites;
import akka.dispatch.ExecutorServiceConfigurator;
import akka.dispatch.ExecutorServiceFactory;
import akka.dispatch.Mailbox;
import com.typesafe.config.Config;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/** Akka's dispatchers over the baton; named in the configuration. */
public final class SimExecutors extends ExecutorServiceConfigurator {
  /** Called by Akka. */
  public SimExecutors(Config config, DispatcherPrerequisites prerequisites) {
    super(config, prerequisites);
  }

  @Override
  public ExecutorServiceFactory createExecutorServiceFactory(String id, ThreadFactory threads) {
    return new ExecutorServiceFactory() {
      @Override
      public ExecutorService createExecutorService() {
        return new Service();
      }
    };
  }

  private static final class Service extends AbstractExecutorService {
    @Override
    public void execute(Runnable command) {
      if (command instanceof Mailbox mailbox) {
        Sim.INSTANCE.executeMailbox(SimMailbox.path(mailbox), command);
      } else {
        Sim.INSTANCE.execute("akka", command);
      }
    }

    @Override
    public void shutdown() {}

    @Override
    public List<Runnable> shutdownNow() {
      return List.of();
    }

    @Override
    public boolean isShutdown() {
      return false;
    }

    @Override
    public boolean isTerminated() {
      return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return true;
    }
  }
}
