/*
 * The only program of the guest. It writes a file of its root without end: numbered blocks, forced to the disk, read back past
 * the page cache and compared. A second disk that comes is tried the same way. The power button makes it stop with a clean file
 * system. Its system calls are made by ud2, which ud2.h explains; numbers and arguments are those of x86-64.
 */
typedef unsigned long u64;

enum { READ = 0, WRITE = 1, OPEN = 2, CLOSE = 3, PREAD = 17, PWRITE = 18, NANOSLEEP = 35, FSYNC = 74 };
enum { SYNC = 162, MOUNT = 165, REBOOT = 169, FADVISE = 221 };
enum { O_RDWR = 2, O_CREAT = 0100, O_NONBLOCK = 04000 };

#define BLOCK_WORDS 512
#define BLOCKS 1024
#define BLOCKS_A_LINE 32
#define BLOCKS_A_LOOK 8
#define PAUSE_NS 50000000
#define DONT_NEED 4
#define REMOUNT_READ_ONLY (32 | 1)
#define POWER_OFF 0x4321fedcUL
#define KEY_PRESS 1
#define KEY_POWER 116
#define ERROR_EXISTS(result) ((result) > -4096UL)

static u64 block[BLOCK_WORDS];
static u64 found[BLOCK_WORDS];
static u64 blocks;

static u64 call(u64 number, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	register u64 r10 asm("r10") = d;
	register u64 r8 asm("r8") = e;

	asm volatile("ud2" : "+a"(number) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
	return number;
}

static void print(const char *text)
{
	u64 length = 0;

	while (text[length])
		length++;
	call(WRITE, 1, (u64)text, length, 0, 0);
}

static void say(const char *text, u64 number)
{
	char line[64];
	char digits[20];
	int length = 0;
	int count = 0;

	while (*text && length < 40)
		line[length++] = *text++;
	do
		digits[count++] = '0' + number % 10;
	while (number /= 10);
	while (count)
		line[length++] = digits[--count];
	line[length++] = '\n';
	line[length] = 0;
	print(line);
}

static void stop(void)
{
	print("init: power button, stopping\n");
	call(CLOSE, blocks, 0, 0, 0, 0); /* what is open for writing keeps its file system so */
	call(SYNC, 0, 0, 0, 0, 0);
	if (ERROR_EXISTS(call(MOUNT, (u64) "none", (u64) "/", 0, REMOUNT_READ_ONLY, 0)))
		print("init: the root stays writable\n");
	call(REBOOT, 0xfee1dead, 672274793, POWER_OFF, 0, 0);
	for (;;)
		;
}

/* struct input_event: two words of time, u16 type, u16 code, s32 value. */
static void look_at_buttons(u64 buttons)
{
	struct {
		u64 time[2];
		unsigned short type, code;
		int value;
	} event;

	while (call(READ, buttons, (u64)&event, sizeof(event), 0, 0) == sizeof(event))
		if (event.type == KEY_PRESS && event.code == KEY_POWER && event.value)
			stop();
}

/* Writes block number n, and reads back the one before it that no cache holds any more. */
static u64 step(u64 file, u64 n)
{
	u64 at = n % BLOCKS * sizeof(block);
	u64 i;

	for (i = 0; i < BLOCK_WORDS; i++)
		block[i] = n * 0x9e3779b97f4a7c15UL + i;
	if (call(PWRITE, file, (u64)block, sizeof(block), at, 0) != sizeof(block))
		return 1;
	if (call(FSYNC, file, 0, 0, 0, 0) || call(FADVISE, file, at, sizeof(block), DONT_NEED, 0))
		return 1;
	if (call(PREAD, file, (u64)found, sizeof(found), at, 0) != sizeof(found))
		return 1;
	for (i = 0; i < BLOCK_WORDS; i++)
		if (found[i] != block[i])
			return 1;
	return 0;
}

/* Tells when the second disk comes, whether it keeps what is written to it, and when it goes. */
static void look_at_second_disk(void)
{
	static int there;
	u64 disk = call(OPEN, (u64) "/dev/vdb", O_RDWR, 0, 0, 0);

	if (!ERROR_EXISTS(disk)) {
		if (!there)
			print(step(disk, 1) ? "init: vdb fails\n" : "init: vdb works\n");
		call(CLOSE, disk, 0, 0, 0, 0);
	} else if (there) {
		print("init: vdb is gone\n");
	}
	there = !ERROR_EXISTS(disk);
}

void _start(void)
{
	u64 pause[2] = {0, PAUSE_NS};
	u64 buttons = call(OPEN, (u64) "/dev/input/event0", O_NONBLOCK, 0, 0, 0);
	u64 errors = 0;
	u64 n;

	blocks = call(OPEN, (u64) "/blocks", O_RDWR | O_CREAT, 0600, 0, 0);
	print("init: running\n");
	if (ERROR_EXISTS(blocks))
		print("init: /blocks cannot be opened\n");
	if (ERROR_EXISTS(buttons))
		print("init: no power button\n");
	for (n = 1;; n++) {
		errors += step(blocks, n);
		if (errors || n % BLOCKS_A_LINE == 0) {
			say("init: blocks ", n);
			say("init: errors ", errors);
		}
		if (n % BLOCKS_A_LOOK == 0)
			look_at_second_disk();
		look_at_buttons(buttons);
		call(NANOSLEEP, (u64)pause, 0, 0, 0, 0);
	}
}
