package io.ashlar.driver.qcow2;

/** Walks a raw deflate stream (RFC 1951) and tells its longest match distance. */
final class DeflateDistances {
  private static final int[] ORDER = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
  };
  private final byte[] in;
  private int bit;
  private int longest;

  private DeflateDistances(byte[] in) {
    this.in = in;
  }

  static int longest(byte[] stream) {
    DeflateDistances walk = new DeflateDistances(stream);
    boolean last;
    do {
      last = walk.bits(1) == 1;
      walk.block(walk.bits(2));
    } while (!last);
    return walk.longest;
  }

  private int bits(int count) {
    int value = 0;
    for (int i = 0; i < count; i++, bit++) {
      value |= (in[bit >> 3] >> (bit & 7) & 1) << i;
    }
    return value;
  }

  private void block(int type) {
    if (type == 0) {
      bit = bit + 7 & -8;
      int length = bits(16);
      bit += 16 + length * 8;
      return;
    }
    int[] literals = new int[288];
    int[] distances = new int[30];
    if (type == 1) {
      for (int i = 0; i < 288; i++) {
        literals[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
      }
      java.util.Arrays.fill(distances, 5);
    } else {
      dynamic(literals, distances);
    }
    while (true) {
      int symbol = symbol(literals);
      if (symbol == 256) {
        return;
      }
      if (symbol > 256) {
        int code = symbol - 257;
        bits(code < 8 || code == 28 ? 0 : code / 4 - 1);
        int d = symbol(distances);
        int extra = d < 4 ? 0 : d / 2 - 1;
        int base = d < 4 ? d + 1 : ((2 + (d & 1)) << extra) + 1;
        longest = Math.max(longest, base + bits(extra));
      }
    }
  }

  private void dynamic(int[] literals, int[] distances) {
    int nLiterals = bits(5) + 257;
    int nDistances = bits(5) + 1;
    int nCodes = bits(4) + 4;
    int[] codes = new int[19];
    for (int i = 0; i < nCodes; i++) {
      codes[ORDER[i]] = bits(3);
    }
    int[] all = new int[nLiterals + nDistances];
    for (int i = 0; i < all.length; ) {
      int symbol = symbol(codes);
      if (symbol < 16) {
        all[i++] = symbol;
      } else {
        int value = symbol == 16 ? all[i - 1] : 0;
        int repeat = symbol == 16 ? 3 + bits(2) : symbol == 17 ? 3 + bits(3) : 11 + bits(7);
        while (repeat-- > 0) {
          all[i++] = value;
        }
      }
    }
    System.arraycopy(all, 0, literals, 0, nLiterals);
    System.arraycopy(all, nLiterals, distances, 0, nDistances);
  }

  /** Decodes one symbol of a canonical code, bit by bit. */
  private int symbol(int[] lengths) {
    int code = 0;
    int first = 0;
    for (int length = 1; length <= 15; length++) {
      code |= bits(1);
      int count = 0;
      for (int l : lengths) {
        count += l == length ? 1 : 0;
      }
      if (code - first < count) {
        int index = code - first;
        for (int s = 0; s < lengths.length; s++) {
          if (lengths[s] == length && index-- == 0) {
            return s;
          }
        }
      }
      first = first + count << 1;
      code <<= 1;
    }
    throw new AssertionError("no such code");
  }
}
