using System.Text.Json;
using System.Text.Json.Serialization;

namespace RegistryWithIdentity.Users;

/// <summary>
/// All users, in memory and in one JSON file: enough for a sample that needs no database. An app has Entity Framework's store, or its own, in this place. One process may have the file.
/// </summary>
internal sealed partial class UserFile(string path)
{
    private readonly Lock _lock = new();
    private Dictionary<string, AppUser>? _users;

    public AppUser? Find(Func<AppUser, bool> isWanted)
    {
        lock (_lock)
        {
            return Load().Values.FirstOrDefault(isWanted)?.Copy();
        }
    }

    public List<AppUser> FindAll(Func<AppUser, bool> isWanted)
    {
        lock (_lock)
        {
            return [.. Load().Values.Where(isWanted).Select(static user => user.Copy())];
        }
    }

    public void Save(AppUser user) => Change(users => users[user.Id] = user.Copy());

    public void Remove(string id) => Change(users => users.Remove(id));

    private void Change(Action<Dictionary<string, AppUser>> change)
    {
        lock (_lock)
        {
            var users = new Dictionary<string, AppUser>(Load());
            change(users);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);

            // The hashes are for nobody else, and a file that is replaced is never half written.
            string next = path + ".new";
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (var file = new FileStream(next, options))
            {
                JsonSerializer.Serialize(file, users.Values.ToArray(), UserJson.Default.AppUserArray);
                file.Flush(flushToDisk: true);
            }

            File.Move(next, path, overwrite: true);
            _users = users;
        }
    }

    private Dictionary<string, AppUser> Load() => _users ??=
        (File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), UserJson.Default.AppUserArray) ?? [] : []).ToDictionary(static user => user.Id);

    [JsonSourceGenerationOptions(WriteIndented = true)]
    [JsonSerializable(typeof(AppUser[]))]
    private sealed partial class UserJson : JsonSerializerContext;
}
