/* Host keys of SSH: see ssh_host.h. */

#include "net/ssh_host.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

#define USUAL_PORT 22

/* ---- the file of known hosts ---- */

static char *usual_file(void)
{
	const char *home = getenv("HOME");

	return bk_asprintf("%s/.ssh/known_hosts", home ? home : "");
}

static int open_to_append(const char *path, struct bk_err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	return fd < 0 ? bk_fail_errno(err, "%s", path) : fd;
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
	int fd = open_to_append(path, err);
	if (fd < 0)
		return -1;
	(void)close(fd);
	return 0;
}

char *bk_ssh_known_hosts(const struct bk_access *how, struct bk_err *err)
{
	char *path =
		how->known_hosts ? bk_strdup(how->known_hosts) : usual_file();
	int rc = 0;

	if (how->accept_new)
		rc = make_writable(path, err);
	else if (access(path, R_OK) < 0)
		rc = bk_fail(err, BK_MISUSE,
			     "%s with the keys of known hosts cannot be read; "
			     "connect once by ssh, or say accept-new = yes",
			     path);
	if (rc < 0) {
		free(path);
		return NULL;
	}
	return path;
}

/* ---- one key ---- */

/* "SHA256:..." as ssh-keygen -l prints it; the caller frees it. */
static char *fingerprint_of(ssh_key key)
{
	unsigned char *hash = NULL;
	size_t n = 0;
	char *text = NULL, *out;

	if (ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &n) ==
	    0)
		text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash,
						n);
	out = bk_strdup(text ? text : "?");
	ssh_string_free_char(text);
	ssh_clean_pubkey_hash(&hash);
	return out;
}

static bool lacks_newline(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char last = '\n';

	if (fd < 0)
		return false;
	off_t end = lseek(fd, 0, SEEK_END);
	if (end > 0 && pread(fd, &last, 1, end - 1) != 1)
		last = '\n';
	(void)close(fd);
	return last != '\n';
}

/* "host" or "[host]:port", key type, key.  libssh would add the same, but
 * without a word of where that failed. */
static int write_down(const struct bk_url *url, ssh_key key,
		      const char *known_hosts, struct bk_err *err)
{
	struct bk_buf text = {0};
	char *base64 = NULL;
	int rc = -1;

	if (ssh_pki_export_pubkey_base64(key, &base64) != SSH_OK)
		return bk_fail(err, BK_FAILED, "the host key is none");
	if (lacks_newline(known_hosts))
		bk_buf_printf(&text, "\n");
	if (url->port && url->port != USUAL_PORT)
		bk_buf_printf(&text, "[%s]:%u", url->host, (unsigned)url->port);
	else
		bk_buf_printf(&text, "%s", url->host);
	bk_buf_printf(&text, " %s %s\n",
		      ssh_key_type_to_char(ssh_key_type(key)), base64);
	int fd = open_to_append(known_hosts, err);
	if (fd >= 0) {
		rc = bk_fd_write(fd, text.data, text.len, err);
		(void)close(fd);
	}
	ssh_string_free_char(base64);
	bk_buf_clear(&text);
	return rc;
}

static int refuse(ssh_key key, const char *known_hosts, bool changed,
		  struct bk_err *err)
{
	char *print = fingerprint_of(key);

	if (changed)
		bk_fail(err, BK_DENIED,
			"the host key has changed: it is now %s, and not the "
			"one in %s.  Another machine, or somebody in between; "
			"ask its administrator, and only then take the old "
			"line out",
			print, known_hosts);
	else
		bk_fail(err, BK_DENIED,
			"the host key %s is not in %s; if it is the right one, "
			"say accept-new = yes once",
			print, known_hosts);
	free(print);
	return -1;
}

/* Several connections may find the same new key at a time. */
static int look(ssh_session session, ssh_key key, const struct bk_url *url,
		const struct bk_access *how, const char *known_hosts,
		struct bk_err *err)
{
	switch (ssh_session_is_known_server(session)) {
	case SSH_KNOWN_HOSTS_OK:
		return 0;
	case SSH_KNOWN_HOSTS_CHANGED:
	case SSH_KNOWN_HOSTS_OTHER:
		return refuse(key, known_hosts, true, err);
	case SSH_KNOWN_HOSTS_UNKNOWN:
	case SSH_KNOWN_HOSTS_NOT_FOUND:
		return how->accept_new ? write_down(url, key, known_hosts, err)
				       : refuse(key, known_hosts, false, err);
	case SSH_KNOWN_HOSTS_ERROR:
		break;
	}
	return bk_fail(err, BK_DENIED, "%s cannot be understood: %s",
		       known_hosts, ssh_get_error(session));
}

int bk_ssh_check_host(ssh_session session, const struct bk_url *url,
		      const struct bk_access *how, const char *known_hosts,
		      struct bk_err *err)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	ssh_key key = NULL;

	if (ssh_get_server_publickey(session, &key) != SSH_OK)
		return bk_fail(err, BK_LOST, "the server showed no host key");
	(void)pthread_mutex_lock(&lock);
	int rc = look(session, key, url, how, known_hosts, err);
	(void)pthread_mutex_unlock(&lock);
	ssh_key_free(key);
	return rc;
}
