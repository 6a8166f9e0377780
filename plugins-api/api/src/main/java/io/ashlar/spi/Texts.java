package io.ashlar.spi;

/** Cleaning of names and texts that come from images before they reach a terminal or a log. */
public final class Texts {
  private static final int LONGEST = 256;

  private Texts() {}

  /**
   * The text with control and format characters replaced by {@code ?}, cut to 256 characters.
   *
   * @param text any text; {@code null} gives {@code "null"}
   */
  public static String printable(String text) {
    if (text == null) {
      return "null";
    }
    int end = Math.min(text.length(), LONGEST);
    StringBuilder clean = new StringBuilder(end + 3);
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      int type = Character.getType(c);
      boolean bad =
          type == Character.CONTROL
              || type == Character.FORMAT
              || type == Character.LINE_SEPARATOR
              || type == Character.PARAGRAPH_SEPARATOR
              || type == Character.UNASSIGNED;
      clean.append(bad ? '?' : c);
    }
    if (end < text.length()) {
      clean.append("...");
    }
    return clean.toString();
  }
}
