/* Host keys and logins of SSH: see ssh.h. */

#include "net/ssh.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/digest.h"
#include "crypto/encode.h"

/* ---- the file of known hosts ---- */

static char *usual_file(void)
{
	const char *home = getenv("HOME");

	return bk_asprintf("%s/.ssh/known_hosts", home ? home : "");
}

/* Where keys are to be written down, that must work before one is accepted:
 * else every key would be new for ever. */
static int make_writable(const char *path, struct bk_err *err)
{
	char *folder = bk_strdup(path);
	char *slash = strrchr(folder, '/');
	int rc = 0;

	if (slash && slash > folder) {
		*slash = 0;
		rc = bk_dir_make(AT_FDCWD, folder, 0700, err);
	}
	free(folder);
	if (rc < 0)
		return -1;
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return bk_fail_errno(err, "%s", path);
	(void)close(fd);
	return 0;
}

static int check_login(const struct bk_url *url, const struct bk_access *how,
		       struct bk_err *err)
{
	if (!url->user)
		return bk_fail(err, BK_MISUSE,
			       "no user in it; write sftp://USER@%s...",
			       url->host);
	if (!how->ssh_key && !how->password)
		return bk_fail(err, BK_MISUSE,
			       "no login; say ssh-key = FILE, or password = "
			       "file:PATH");
	if (how->ssh_key && access(how->ssh_key, R_OK) < 0)
		return bk_fail(err, BK_MISUSE, "ssh-key %s cannot be read",
			       how->ssh_key);
	return 0;
}

int bk_ssh_init(struct bk_ssh *ssh, const struct bk_url *url,
		const struct bk_access *how, struct bk_err *err)
{
	char *path =
		how->known_hosts ? bk_strdup(how->known_hosts) : usual_file();
	int rc = check_login(url, how, err);

	if (rc == 0 && how->accept_new)
		rc = make_writable(path, err);
	else if (rc == 0 && access(path, R_OK) < 0)
		rc = bk_fail(err, BK_MISUSE,
			     "%s with the keys of known hosts cannot be read; "
			     "connect once by ssh, or say accept-new = yes",
			     path);
	if (rc < 0) {
		free(path);
		return bk_context(err, "%s", url->text);
	}
	ssh->known_hosts = path;
	return 0;
}

void bk_ssh_clear(struct bk_ssh *ssh)
{
	free(ssh->known_hosts);
	*ssh = (struct bk_ssh){0};
}

/* ---- one key ---- */

static const char *type_of(enum curl_khtype type)
{
	switch (type) {
	case CURLKHTYPE_RSA:
		return "ssh-rsa";
	case CURLKHTYPE_DSS:
		return "ssh-dss";
	case CURLKHTYPE_ECDSA:
		return "ecdsa-sha2-nistp256";
	case CURLKHTYPE_ED25519:
		return "ssh-ed25519";
	case CURLKHTYPE_RSA1:
	case CURLKHTYPE_UNKNOWN:
		break;
	}
	return NULL;
}

/* "SHA256:..." as ssh-keygen -l prints it. */
static void add_fingerprint(struct bk_buf *out, const struct curl_khkey *key)
{
	uint8_t sum[BK_SHA256_LEN];
	struct bk_sha256 sha;

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, key->key, key->len);
	bk_sha256_final(&sha, sum);
	bk_buf_printf(out, "SHA256:");
	bk_encode_base64(out, sum, sizeof(sum), false);
}

/* The name of an ECDSA key is its first string (RFC 4253 6.6). */
static void add_type(struct bk_buf *out, const struct curl_khkey *key)
{
	const uint8_t *bytes = (const uint8_t *)key->key;
	size_t n = key->len >= 4 ? bytes[3] : 0;

	if (key->len >= 4 + n && n > 0 && !bytes[0] && !bytes[1] && !bytes[2])
		bk_buf_add(out, bytes + 4, n);
	else
		bk_buf_printf(out, "%s", type_of(key->keytype));
}

/* libssh2 would write the whole file anew, and lose what it does not know. */
static int write_down(struct bk_line *line, const char *path,
		      const struct curl_khkey *key)
{
	const struct bk_url *url = bk_link_url(line->link);
	struct bk_buf text = {0};
	int rc = -1;

	if (url->port)
		bk_buf_printf(&text, "[%s]:%u ", url->host,
			      (unsigned)url->port);
	else
		bk_buf_printf(&text, "%s ", url->host);
	add_type(&text, key);
	bk_buf_printf(&text, " ");
	bk_encode_base64(&text, key->key, key->len, true);
	bk_buf_printf(&text, "\n");
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		bk_fail_errno(&line->sink_err, "%s", path);
	else
		rc = bk_fd_write(fd, text.data, text.len, &line->sink_err);
	if (fd >= 0)
		(void)close(fd);
	bk_buf_clear(&text);
	return rc;
}

static int refuse(struct bk_line *line, const struct bk_ssh *ssh,
		  const struct curl_khkey *key, bool changed)
{
	struct bk_buf print = {0};

	add_fingerprint(&print, key);
	if (changed)
		bk_fail(&line->sink_err, BK_DENIED,
			"the host key has changed: it is now %s, and not the "
			"one in %s.  Another machine, or somebody in between; "
			"ask its administrator, and only then take the old "
			"line out",
			bk_buf_text(&print), ssh->known_hosts);
	else
		bk_fail(&line->sink_err, BK_DENIED,
			"the host key %s is not in %s; if it is the right one, "
			"say accept-new = yes once",
			bk_buf_text(&print), ssh->known_hosts);
	bk_buf_clear(&print);
	return CURLKHSTAT_REJECT;
}

static int look_at_key(CURL *easy, const struct curl_khkey *known,
		       const struct curl_khkey *key, enum curl_khmatch match,
		       void *arg)
{
	struct bk_line *line = arg;
	const struct bk_ssh *ssh = line->guard;
	bool raw = key->len > 0 && type_of(key->keytype);

	(void)easy;
	(void)known;
	if (match == CURLKHMATCH_OK)
		return CURLKHSTAT_FINE;
	if (match != CURLKHMATCH_MISSING || !raw)
		return refuse(line, ssh, key, match == CURLKHMATCH_MISMATCH);
	if (!bk_link_access(line->link)->accept_new)
		return refuse(line, ssh, key, false);
	return write_down(line, ssh->known_hosts, key) < 0 ? CURLKHSTAT_REJECT
							   : CURLKHSTAT_FINE;
}

void bk_ssh_guard(const struct bk_ssh *ssh, struct bk_line *line)
{
	const struct bk_access *how = bk_link_access(line->link);
	CURL *easy = line->easy;

	line->guard = ssh;
	(void)curl_easy_setopt(easy, CURLOPT_SSH_KNOWNHOSTS, ssh->known_hosts);
	(void)curl_easy_setopt(easy, CURLOPT_SSH_KEYFUNCTION, look_at_key);
	(void)curl_easy_setopt(easy, CURLOPT_SSH_KEYDATA, line);
	if (how->ssh_key) {
		(void)curl_easy_setopt(easy, CURLOPT_SSH_PRIVATE_KEYFILE,
				       how->ssh_key);
		(void)curl_easy_setopt(easy, CURLOPT_SSH_AUTH_TYPES,
				       (long)CURLSSH_AUTH_PUBLICKEY);
	} else {
		(void)curl_easy_setopt(
			easy, CURLOPT_SSH_AUTH_TYPES,
			(long)(CURLSSH_AUTH_PASSWORD | CURLSSH_AUTH_KEYBOARD));
	}
}
