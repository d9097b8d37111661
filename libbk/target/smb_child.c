/* Processes of bk-smb: see smb_child.h. */

#include "target/smb_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLOTS_SIZE (BK_SMB_SLOTS * BK_SMB_SLOT)

/* Above the numbers that the child knows them by, so that none is in another's
 * way when they get these. */
static int move_up(int fd)
{
	if (fd < 0)
		return -1;
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, BK_SMB_SLOTS_FD + 1);
	int number = errno;
	(void)close(fd);
	errno = number;
	return moved;
}

/* Memory whose size is fixed: what the other side does with its descriptor
 * cannot take a page away under us. */
static int make_slots(struct bk_smb_child *child, int *out, struct bk_err *err)
{
	int fd = move_up(
		memfd_create("bk-smb", MFD_CLOEXEC | MFD_ALLOW_SEALING));

	if (fd < 0)
		return bk_fail_errno(err, "memfd_create");
	*out = fd;
	if (ftruncate(fd, (off_t)SLOTS_SIZE) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) <
		    0)
		return bk_fail_errno(err, "shared memory");
	void *at = mmap(NULL, SLOTS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			fd, 0);
	if (at == MAP_FAILED)
		return bk_fail_errno(err, "mmap");
	child->slots = at;
	return 0;
}

static int prepare_files(posix_spawn_file_actions_t *files, int socket_fd,
			 int slots_fd)
{
	int rc = 0;

	for (int fd = 0; fd <= STDERR_FILENO && rc == 0; fd++)
		rc = posix_spawn_file_actions_addopen(files, fd, "/dev/null",
						      O_RDWR, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(files, socket_fd,
						      BK_SMB_SOCKET_FD);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(files, slots_fd,
						      BK_SMB_SLOTS_FD);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(
			files, BK_SMB_SLOTS_FD + 1);
	return rc;
}

static int spawn(struct bk_smb_child *child, const char *program, int socket_fd,
		 int slots_fd)
{
	char name[] = "bk-smb", path[] = "PATH=/usr/bin:/bin";
	char *const argv[] = {name, NULL};
	char *const env[] = {path, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF |
						      POSIX_SPAWN_SETSID);
	int rc = prepare_files(&files, socket_fd, slots_fd);
	if (rc == 0)
		rc = posix_spawn(&child->pid, program, &files, &attr, argv,
				 env);
	(void)posix_spawn_file_actions_destroy(&files);
	(void)posix_spawnattr_destroy(&attr);
	return rc;
}

static int start(struct bk_smb_child *child, const char *program,
		 struct bk_err *err)
{
	int ends[2] = {-1, -1}, slots_fd = -1;
	int rc = -1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		(void)bk_fail_errno(err, "socketpair");
		goto out;
	}
	child->wire.fd = ends[0];
	ends[1] = move_up(ends[1]);
	if (ends[1] < 0) {
		(void)bk_fail_errno(err, "fcntl");
		goto out;
	}
	rc = make_slots(child, &slots_fd, err);
	if (rc < 0)
		goto out;
	int number = spawn(child, program, ends[1], slots_fd);
	if (number) {
		child->pid = -1;
		rc = bk_fail(err, BK_MISUSE,
			     "%s cannot be started (%s); it belongs to bk: "
			     "install bk again, with libsmbclient",
			     program, strerrordesc_np(number));
	}
out:
	if (ends[1] >= 0)
		(void)close(ends[1]);
	if (slots_fd >= 0)
		(void)close(slots_fd);
	return rc;
}

static int log_in(struct bk_smb_child *child, const struct bk_smb_login *login,
		  struct bk_err *err)
{
	struct bk_buf message = {0};
	const struct bk_secret *password = login->password;

	/* At once, so that the password is not left behind when it grows. */
	(void)bk_buf_room(&message, BK_SMB_MESSAGE_MAX);
	bk_buf_add_u8(&message, BK_SMB_OPEN);
	bk_buf_add_u8(&message, BK_SMB_VERSION);
	bk_buf_add_u8(&message, login->create);
	bk_buf_add_u32(&message, (uint32_t)login->timeout_ms);
	bk_buf_add_u16(&message, login->port);
	bk_buf_add_string(&message, login->host);
	bk_buf_add_string(&message, login->share);
	bk_buf_add_string(&message, login->dir);
	bk_buf_add_string(&message, login->domain);
	bk_buf_add_string(&message, login->user);
	bk_buf_add_blob(&message, password->data, password->len);
	size_t len = message.len;
	int rc = bk_smb_send(&child->wire, &message, err);
	bk_wipe(message.data, len);
	bk_buf_clear(&message);
	if (rc == 0)
		rc = bk_smb_child_expect(child, BK_SMB_DONE, err);
	return rc;
}

int bk_smb_child_start(struct bk_smb_child **out,
		       const struct bk_smb_login *login, struct bk_err *err)
{
	struct bk_smb_child *child = bk_alloc(sizeof(*child));

	child->pid = -1;
	child->wire.fd = -1;
	child->wire.timeout_ms = login->timeout_ms;
	child->wire.room = bk_alloc(BK_SMB_MESSAGE_MAX);
	if (start(child, login->program, err) < 0 ||
	    log_in(child, login, err) < 0) {
		bk_smb_child_end(child);
		return -1;
	}
	*out = child;
	return 0;
}

void bk_smb_child_end(struct bk_smb_child *child)
{
	int status;

	if (!child)
		return;
	if (child->wire.fd >= 0)
		(void)close(child->wire.fd);
	if (child->pid > 0) {
		(void)kill(child->pid, SIGKILL);
		while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	if (child->slots)
		(void)munmap(child->slots, SLOTS_SIZE);
	free(child->wire.room);
	free(child);
}

int bk_smb_child_senseless(struct bk_err *err)
{
	return bk_fail(err, BK_LOST, "bk-smb answers what makes no sense");
}

static int failed(struct bk_cursor *fields, struct bk_err *err)
{
	uint8_t kind = bk_cursor_u8(fields);
	char *text = bk_cursor_string(fields);

	if (!text || bk_cursor_left(fields) || kind == BK_OK ||
	    kind > BK_FAILED)
		(void)bk_smb_child_senseless(err);
	else
		(void)bk_fail(err, (enum bk_kind)kind, "%s", text);
	free(text);
	return -1;
}

int bk_smb_child_answer(struct bk_smb_child *child, enum bk_smb_type *type,
			struct bk_cursor *fields, struct bk_err *err)
{
	int rc = bk_smb_receive(&child->wire, type, fields, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return bk_fail(err, BK_LOST, "bk-smb ended unexpectedly");
	return *type == BK_SMB_FAILED ? failed(fields, err) : 0;
}

int bk_smb_child_expect(struct bk_smb_child *child, enum bk_smb_type type,
			struct bk_err *err)
{
	struct bk_cursor fields;
	enum bk_smb_type got;

	if (bk_smb_child_answer(child, &got, &fields, err) < 0)
		return -1;
	return got == type ? 0 : bk_smb_child_senseless(err);
}
