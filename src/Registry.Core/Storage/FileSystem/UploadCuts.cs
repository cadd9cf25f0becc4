using System.Globalization;
using System.Text;

namespace Registry.Storage.FileSystem;

/// <summary>
/// Where the file of an upload was cut to go on from an older token, dropping bytes that a newer token may stand for. A token is good while nothing before its offset
/// was cut after it was issued.
/// </summary>
/// <remarks>
/// Cuts are rare (somebody went on after a crash or a broken connection), so they are in a file of their own, <c>{id}.cuts</c>, that most uploads never have. It is flushed before the upload's
/// file is cut, and outlives the upload by a day, so that a token of bytes that were dropped does not pass for the complete object either.
/// Each line has an era, which is counted up, and the offset of the cut that began it.
/// </remarks>
internal sealed class UploadCuts
{
    private readonly List<(int Era, long Offset)> _cuts;

    private UploadCuts(List<(int Era, long Offset)> cuts) => _cuts = cuts;

    /// <summary>Whether nothing is recorded: there was no cut, or it was more than a day ago that the upload was completed.</summary>
    public bool IsEmpty => _cuts.Count == 0;

    /// <summary>The era that tokens are issued in now.</summary>
    public int Era => _cuts.Count == 0 ? 0 : _cuts[^1].Era;

    /// <summary>Reads what was recorded; nothing, for most uploads.</summary>
    public static UploadCuts Read(SmallFiles files, string path)
    {
        var cuts = new List<(int Era, long Offset)>();
        if (files.Read(path) is { } file)
        {
            foreach (string line in Encoding.ASCII.GetString(file.Content.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                string[] fields = line.Split(' ');
                cuts.Add((int.Parse(fields[0], CultureInfo.InvariantCulture), long.Parse(fields[1], CultureInfo.InvariantCulture)));
            }
        }

        return new UploadCuts(cuts);
    }

    /// <summary>Whether the bytes that a token stands for were never dropped.</summary>
    public bool Allow(FileUploadToken token) => token.Era <= Era && !_cuts.Exists(cut => cut.Era > token.Era && cut.Offset < token.Offset);

    /// <summary>Begins a new era at an offset. A cut that this one goes before says nothing any more, so that the list stays short.</summary>
    public void Add(long offset)
    {
        int era = Era + 1;
        _cuts.RemoveAll(cut => cut.Offset >= offset);
        _cuts.Add((era, offset));
    }

    public byte[] ToBytes() =>
        Encoding.ASCII.GetBytes(string.Concat(_cuts.Select(static cut => string.Create(CultureInfo.InvariantCulture, $"{cut.Era} {cut.Offset}\n"))));
}
