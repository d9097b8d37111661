/* Key files: see keyfile.h. */

#include "repo/keyfile.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32.h"
#include "base/file.h"
#include "crypto/digest.h"

static const char word[13] = {'b', 'k', '-', 'k', 'e', 'y', 'f',
			      'i', 'l', 'e', '-', '1', ' '};

/* Where the words begin; each ends in a blank, the last in a line feed. */
enum {
	AT_REPOSITORY = 13,
	AT_SLOT = 46,
	AT_KEY = 79,
	AT_CRC = 144,
};

static void put_hex(char *at, const uint8_t *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*at++ = digits[bytes[i] >> 4];
		*at++ = digits[bytes[i] & 15];
	}
}

static int value_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_hex(const char *at, uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int high = value_of(at[2 * i]), low = value_of(at[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static void put_crc(char at[9], const char *line)
{
	(void)snprintf(at, 9, "%08x", bk_crc32(0, line, AT_CRC));
}

static void format(const struct bk_keyfile *keyfile, char line[BK_KEYFILE_LEN])
{
	char crc[9];

	memset(line, ' ', BK_KEYFILE_LEN);
	memcpy(line, word, sizeof(word));
	put_hex(line + AT_REPOSITORY, keyfile->repository, BK_ID_LEN);
	put_hex(line + AT_SLOT, keyfile->slot, BK_ID_LEN);
	put_hex(line + AT_KEY, keyfile->key.data, BK_KEY_LEN);
	put_crc(crc, line);
	memcpy(line + AT_CRC, crc, 8);
	line[BK_KEYFILE_LEN - 1] = '\n';
}

static int parse(const char *line, size_t len, struct bk_keyfile *out,
		 struct bk_err *err)
{
	char crc[9];

	if (len < AT_REPOSITORY || memcmp(line, word, sizeof(word)) != 0)
		return bk_fail(err, BK_MISUSE,
			       "it is not a key file: bk key export makes one");
	if (len != BK_KEYFILE_LEN)
		return bk_fail(err, BK_MISUSE, "it is cut short or too long");
	put_crc(crc, line);
	bk_secret_alloc(&out->key, BK_KEY_LEN);
	if (!bk_bytes_equal(line + AT_CRC, crc, 8) ||
	    !take_hex(line + AT_REPOSITORY, out->repository, BK_ID_LEN) ||
	    !take_hex(line + AT_SLOT, out->slot, BK_ID_LEN) ||
	    !take_hex(line + AT_KEY, out->key.data, BK_KEY_LEN) ||
	    line[AT_SLOT - 1] != ' ' || line[AT_KEY - 1] != ' ' ||
	    line[AT_CRC - 1] != ' ' || line[BK_KEYFILE_LEN - 1] != '\n') {
		bk_secret_clear(&out->key);
		return bk_fail(err, BK_MISUSE, "it is damaged");
	}
	return 0;
}

/* One byte more than it may have, so that a longer one is noticed. */
static int read_line(int fd, const char *path, struct bk_secret *line,
		     struct bk_err *err)
{
	size_t len = 0;
	ssize_t n = 1;

	if (bk_fd_private(fd, path, err) < 0)
		return -1;
	bk_secret_alloc(line, BK_KEYFILE_LEN + 1);
	while (n > 0 && len < line->len) {
		n = read(fd, line->data + len, line->len - len);
		if (n < 0)
			return bk_fail_errno(err, "cannot read it");
		len += (size_t)n;
	}
	bk_secret_cut(line, len);
	return 0;
}

int bk_keyfile_read(const char *path, struct bk_keyfile *out,
		    struct bk_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct bk_secret line = {0};
	int rc;

	if (fd < 0) {
		rc = bk_fail_errno(err, "cannot open it");
	} else {
		rc = read_line(fd, path, &line, err);
		(void)close(fd);
	}
	if (rc == 0)
		rc = parse((const char *)line.data, line.len, out, err);
	bk_secret_clear(&line);
	if (rc == 0)
		return 0;
	err->kind = BK_MISUSE; /* the setting is wrong, whatever it was */
	return bk_context(err, "key file %s", path);
}

static int write_line(int fd, const char *path, const struct bk_secret *line,
		      struct bk_err *err)
{
	if (bk_fd_write(fd, line->data, line->len, err) < 0)
		return -1;
	if (fsync(fd) < 0)
		return bk_fail_errno(err, "sync");
	return bk_dir_sync(AT_FDCWD, path, err);
}

int bk_keyfile_write(const char *path, const struct bk_keyfile *keyfile,
		     struct bk_err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct bk_secret line = {0};

	if (fd < 0)
		return bk_fail_errno(err, "%s", path);
	bk_secret_alloc(&line, BK_KEYFILE_LEN);
	format(keyfile, (char *)line.data);
	int rc = write_line(fd, path, &line, err);
	if (close(fd) < 0 && rc == 0)
		rc = bk_fail_errno(err, "close");
	bk_secret_clear(&line);
	if (rc == 0)
		return 0;
	(void)unlink(path);
	return bk_context(err, "%s", path);
}
