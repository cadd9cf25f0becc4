using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Registry.Storage;
using Registry.Storage.FileSystem;

// A second process on a folder, for the tests of the file system store: what it does is said by its arguments, what it was told is done by a line of its output each.
string root = args[1];
await using var store = new FileSystemObjectStore(
    new System.IO.Abstractions.FileSystem(), new FileSystemObjectStoreOptions { Root = root }, TimeProvider.System, NullLogger<FileSystemObjectStore>.Instance);
using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
var gate = new SemaphoreSlim(1, 1);

switch (args[0])
{
    case "increment":
        for (int i = 0, count = int.Parse(args[3], CultureInfo.InvariantCulture); i < count;)
        {
            SmallObject read = (await store.GetAsync(args[2], default))!;
            int next = int.Parse(read.Content.Span, CultureInfo.InvariantCulture) + 1;
            byte[] content = Encoding.ASCII.GetBytes(next.ToString(CultureInfo.InvariantCulture));
            if ((await store.PutAsync(args[2], content, PutCondition.IfMatch(read.ETag), default)).Succeeded)
            {
                i++;
            }
        }

        break;

    case "delete":
        // Each object as soon as it is there, if it is what it was at first.
        for (int i = 0, count = int.Parse(args[4], CultureInfo.InvariantCulture); i < count; i++)
        {
            string key = $"{args[2]}/{i}";
            while (await store.GetAsync(key, default) is null)
            {
                await Task.Yield();
            }

            await SayAsync($"{await store.DeleteAsync(key, args[3], default)}");
        }

        break;

    case "put":
        await Task.WhenAll(Enumerable.Range(0, 16).Select(PutForEverAsync));
        break;

    case "append":
        UploadToken token = await store.BeginUploadAsync(args[2], default);
        await using (ObjectAppender appender = (await store.OpenAppendAsync(token, default))!)
        {
            byte[] piece = new byte[100_000];
            for (int i = 0; ; i++)
            {
                Array.Fill(piece, (byte)i);
                await appender.WriteAsync(piece, default);
                await SayAsync((await appender.FlushAsync(default)).Value);
                await appender.WriteAsync(piece, default);
                await appender.WriteAsync(piece, default);
                await SayAsync((await appender.FlushAsync(default)).Value);
            }
        }

    default:
        return 2;
}

return 0;

// Creates, replaces and deletes records that show whether they are whole: each is 32 bytes of hash, then what was hashed.
async Task PutForEverAsync(int writer)
{
    var random = new Random(writer);
    for (int i = 0; ; i++)
    {
        byte[] text = new byte[random.Next(1, 20_000)];
        random.NextBytes(text);
        byte[] content = [.. SHA256.HashData(text), .. text];
        string key = $"records/{writer}/{i % 50}";
        if (i % 7 == 6)
        {
            await store.DeleteAsync(key, default);
            await SayAsync($"{key} -");
        }
        else
        {
            PutResult result = await store.PutAsync(key, content, PutCondition.None, default);
            await SayAsync($"{key} {result.ETag}");
        }
    }
}

async Task SayAsync(string line)
{
    await gate.WaitAsync();
    try
    {
        await output.WriteLineAsync(line);
    }
    finally
    {
        gate.Release();
    }
}
