package io.ashlar.engine.sim;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.CopyBeforeWrite;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.OptionSchema;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ServiceLoader;
import java.util.function.Consumer;

/** The real filter of backups, which tells of the moment in which it begins. */
final class SimCopies implements BlockDriver {
  private final BlockDriver real;
  private final Consumer<String> begun;

  /**
   * The filter.
   *
   * @param begun hears the name of the node whose content it saves, while that is quiesced
   */
  SimCopies(Consumer<String> begun) {
    this.begun = begun;
    real =
        ServiceLoader.load(BlockDriver.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(driver -> driver.name().equals("copy-before-write"))
            .findFirst()
            .orElseThrow();
  }

  @Override
  public String name() {
    return real.name();
  }

  @Override
  public int apiLevel() {
    return real.apiLevel();
  }

  @Override
  public OptionSchema options() {
    return real.options();
  }

  @Override
  public BlockNode open(OpenContext context) {
    BlockNode node = real.open(context);
    String source = context.child("file").nodeName();
    Class<?>[] types = {BlockNode.class, CopyBeforeWrite.class};
    return (BlockNode)
        Proxy.newProxyInstance(
            SimCopies.class.getClassLoader(),
            types,
            (proxy, method, arguments) -> {
              try {
                Object result = method.invoke(node, arguments);
                if (method.getName().equals("begin")) {
                  begun.accept(source);
                }
                return result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
