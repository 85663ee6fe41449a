#Requires -Version 5.1
<#
.SYNOPSIS
    Collects what a readiness assessment asks of a Configuration Manager site.

.DESCRIPTION
    Reads, and changes nothing. Writes one folder, and a ZIP of it, below -Output, and nowhere else.

    Every part fails on its own and says so in manifest.json. Only the properties that are listed in
    this file are asked for; none of them holds a key, a password or a token. No private key leaves
    its store. What is written: names of computers, accounts and collections, certificates (public
    parts), group memberships of servers, and log files.

    Run it on the site server, in Windows PowerShell, as a user who holds the role Read-only Analyst
    on all scopes and collections. Elevated, it can also tell which keys can be exported and which
    groups the server itself is in.

.PARAMETER Output
    Folder in which the folder of this run is made. Default: the current one.

.PARAMETER SiteCode
    The three characters of the site. Default: the site of this server.

.PARAMETER Provider
    The server with the SMS Provider, where it is another one. It is asked by DCOM.

.PARAMETER CollectionId
    Collections whose members and rules are wanted, such as PS100014.

.PARAMETER Server
    Further servers whose certificate stores and groups are wanted, through PowerShell remoting.

.PARAMETER Client
    Sample clients whose certificate stores are wanted, through PowerShell remoting.

.PARAMETER Endpoint
    Addresses that the service connection point must reach. Run the part "internet" on that server.

.PARAMETER Proxy
    The proxy that the site system is set to use, such as http://proxy.corp.contoso.com:8080.

.PARAMETER Section
    The parts to collect. Default: all of them, "clients" where -Client is given.

.PARAMETER NoZip
    Write the folder only.

.EXAMPLE
    .\Collect-Readiness.ps1 -CollectionId PS100014,PS100021 -Output C:\Temp

.EXAMPLE
    .\Collect-Readiness.ps1 -Section servers,roots,groups,logs
    On another site system.
#>
[CmdletBinding()]
param(
    [string] $Output = '.',
    [ValidatePattern('^([A-Za-z0-9]{3})?$')] [string] $SiteCode = '',
    [ValidatePattern('^[A-Za-z0-9.-]*$')] [string] $Provider = '',
    [ValidatePattern('^[A-Za-z0-9]{8}(,[A-Za-z0-9]{8})*$')] [string[]] $CollectionId = @(),
    [ValidatePattern('^[A-Za-z0-9.,-]+$')] [string[]] $Server = @(),
    [ValidatePattern('^[A-Za-z0-9.,-]+$')] [string[]] $Client = @(),
    [ValidatePattern('^https://')] [string[]] $Endpoint = @(
        'https://manage.microsoft.com/',
        'https://login.microsoftonline.com/common/.well-known/openid-configuration',
        'https://management.azure.com/',
        'https://go.microsoft.com/'
    ),
    [ValidatePattern('^(https?://.+)?$')] [string] $Proxy = '',
    [ValidatePattern('^((site|servers|clients|roots|groups|logs|internet)(,|$))+$')]
    [string[]] $Section = @('site', 'servers', 'clients', 'roots', 'groups', 'logs', 'internet'),
    [switch] $NoZip
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# Started with -File, a list comes as one text.
# All Systems is always wanted: how many clients a gateway would have.
$Collections = @(@('SMS00001') + @($CollectionId -split ',') | Where-Object { $_ } | Sort-Object -Unique)
$Servers = @($Server -split ',' | Where-Object { $_ })
$Clients = @($Client -split ',' | Where-Object { $_ })
$Parts = @($Section -split ',' | Where-Object { $_ })

$CollectorVersion = '1.0'
$TimeFormat = 'yyyy-MM-ddTHH:mm:ssZ'

# Class by class, the properties that are read. What is not listed is not asked for.
$Classes = @'
SMS_AAD_Application_Ex: ClientID IdentifierUri IsClientApp Name SecretKeyExpiry TenantID
SMS_AAD_Discovery_Settings: AgentType CloudServiceId DeltaSyncEnabled FullSyncEnabled LastDeltaSyncTime LastFullSyncTime
SMS_AAD_Tenant_Ex: ID Name TenantID
SMS_Admin: CategoryNames CollectionNames IsGroup LogonName RoleNames
SMS_AzureEnvironments: EnvironmentName ID
SMS_AzureService: AffinityGroup AzureEnvironmentId ClientCertRevocationEnabled DeploymentModel Fqdn Name NumberOfInstances Region RootCertThumbprint ServiceCName ServiceThumbprint ServiceType SiteCode State StorageServiceName SubCACertThumbprint SubscriptionID
SMS_Azure_CloudService: ID Name ServiceType
SMS_CM_UpdatePackages: FullVersion Name State
SMS_BaselineAssignment: AssignedCIs Enabled TargetCollectionID
SMS_ClientSettings: AgentConfigurations AssignmentCount Name Priority SettingsID Type
SMS_ClientSettingsAssignment: ClientSettingsID CollectionID CollectionName
SMS_Client_ComanagementState: ComgmtPolicyPresent EnrollmentFailed MDMEnrolled MDMWorkloads ResourceID
SMS_CloudProxyConnector: ProxyServiceName ServerName SiteCode
SMS_CloudSubscription: CollectionID Name UniqueID
SMS_CoManagementSettings: CI_ID LocalizedDisplayName
SMS_Collection: CollectionID CollectionRules CollectionType LimitToCollectionID MemberCount Name
SMS_CombinedDeviceResources: DeviceOS DeviceOSBuild Domain IsClient Name ResourceID
SMS_ComponentSummarizer: ComponentName MachineName SiteCode Status TallyInterval
SMS_ConfigurationBaselineInfo: CI_ID IsBroken IsEnabled LocalizedDisplayName
SMS_ConfigurationItemLatest: CIType_ID CI_ID InUse
SMS_FullCollectionMembership: CollectionID Name ResourceID
SMS_R_User: AADUserID ResourceId UniqueUserName UserPrincipalName
SMS_SCI_Component: ComponentName Props SiteCode
SMS_SCI_SysResUse: NetworkOSPath Props RoleName SiteCode SslState
SMS_Site: BuildNumber ReportingSiteCode ServerName SiteCode SiteName Status Type Version
'@

# Properties that hold objects, and what is read of each object.
$Embedded = @{
    Props               = 'PropertyName', 'Value', 'Value1', 'Value2'
    AgentConfigurations = 'AgentID', 'AllowCMG', 'AllowCloudDP', 'AutoAADJoin', 'PolicyEnableUserPolicyOnInternet', 'PolicyEnableUserPolicyPolling'
    CollectionRules     = 'ExcludeCollectionID', 'IncludeCollectionID', 'QueryID', 'ResourceID'
}
# Of the property objects of roles and components only these: others hold accounts.
$Kept = 'AllowProxyTraffic', 'Enabled', 'IISSSLState', 'MPInternetFacing', 'MPIntranetFacing', 'OfflineMode', 'ProxyName', 'ProxyServerPort', 'ReportServerUri', 'SETTINGS', 'SSLWSUS', 'UseProxy'
# Properties that the site fills only where one instance is read by its key.
$Lazy = @{ SMS_ClientSettings = 'AgentConfigurations'; SMS_Collection = 'CollectionRules' }
# Counted since midnight: else each component comes once for every interval.
$SinceMidnight = '0001128000100008'

# Logs that prove success or failure of a step, with what they are rolled over to.
$Logs = @(
    'adusrdis', 'CertMgr', 'ClientIDManagerStartup', 'CloudMgr', 'Cloudusersync', 'CoManagementHandler',
    'dmpdownloader', 'dmpuploader', 'mpcontrol', 'sitecomp', 'SMS_AZUREAD_DISCOVERY_AGENT', 'SMS_Cloud_ProxyConnector'
)

# -- the one place that is written to -------------------------------------------------------------

$Moment = [datetime]::UtcNow
$Computer = $env:COMPUTERNAME
try {
    $Computer = [Net.Dns]::GetHostEntry('').HostName
}
catch {
    Write-Verbose "This computer does not find itself in DNS: $($_.Exception.Message)"
}
$Identity = [Security.Principal.WindowsIdentity]::GetCurrent()
$Root = (Resolve-Path -LiteralPath $Output).ProviderPath
$ExportFolder = Join-Path $Root ('readiness-{0}-{1}' -f $Computer.Split('.')[0], $Moment.ToString('yyyyMMddTHHmmssZ'))
$Sections = New-Object System.Collections.ArrayList
[void] [IO.Directory]::CreateDirectory($ExportFolder)

function Join-Output {
    # The path of a file in the folder of this run; nothing else is ever written to.
    param([string] $Name)
    if ($Name -notmatch '^[A-Za-z0-9_][A-Za-z0-9_. -]*(/[A-Za-z0-9_][A-Za-z0-9_. -]*)*$') {
        throw "'$Name' is not a name for a file of this export."
    }
    $path = Join-Path $script:ExportFolder $Name.Replace('/', '\')
    [void] [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($path))
    $path
}

function Write-Text {
    # UTF-8 without a mark.
    param([string] $Name, [string] $Text)
    [IO.File]::WriteAllText((Join-Output $Name), $Text, (New-Object System.Text.UTF8Encoding $false))
}

function New-LineWriter {
    param([string] $Name)
    New-Object System.IO.StreamWriter((Join-Output $Name), $false, (New-Object System.Text.UTF8Encoding $false))
}

function Copy-Log {
    param([string] $Path, [string] $Name)
    Copy-Item -LiteralPath $Path -Destination (Join-Output $Name)
}

function Add-Section {
    param([string] $Name, [string] $State, [string] $Reason)
    [void] $Sections.Add([ordered]@{ name = $Name; state = $State; reason = $Reason })
    Write-Host ('{0,-9} {1} {2}' -f $Name, $State, $Reason)
}

function Invoke-Section {
    # One part of the work; what goes wrong in it is said, and the next part goes on.
    param([string] $Name, [scriptblock] $Body)
    if ($Parts -notcontains $Name) {
        Add-Section $Name 'left-out' 'not asked for'
        return
    }
    try {
        & $Body
        Add-Section $Name 'complete' ''
    }
    catch {
        Add-Section $Name 'failed' $_.Exception.Message
    }
}

# -- provider classes -----------------------------------------------------------------------------

function ConvertTo-Plain {
    # A value as the AdminService would send it. Lists stay lists, of one or of none.
    param($Value, [string] $Name)
    if ($null -eq $Value) {
        return $null
    }
    if ($Value -is [datetime]) {
        return $Value.ToUniversalTime().ToString($TimeFormat, [Globalization.CultureInfo]::InvariantCulture)
    }
    if ($Value -is [array]) {
        $list = New-Object System.Collections.ArrayList
        foreach ($one in $Value) {
            if ($one -isnot [Microsoft.Management.Infrastructure.CimInstance]) {
                [void] $list.Add((ConvertTo-Plain $one $Name))
            }
            elseif ($Embedded.ContainsKey($Name)) {
                $plain = ConvertTo-Embedded $one $Name
                if ($null -ne $plain) {
                    [void] $list.Add($plain)
                }
            }
        }
        return , $list
    }
    return $Value
}

function ConvertTo-Embedded {
    # The listed properties of an object inside an instance; nothing for one that is not kept.
    param($Item, [string] $Name)
    $plain = [ordered]@{ '@odata.type' = '#AdminService.' + $Item.CimClass.CimClassName }
    foreach ($property in $Embedded[$Name]) {
        $found = $Item.CimInstanceProperties[$property]
        if ($null -ne $found) {
            $plain[$property] = ConvertTo-Plain $found.Value $property
        }
    }
    if ($Name -eq 'Props' -and $Kept -cnotcontains $plain['PropertyName']) {
        return $null
    }
    $plain
}

function ConvertTo-Row {
    param($Instance, [string[]] $Properties)
    $row = [ordered]@{}
    foreach ($property in $Properties) {
        $found = $Instance.CimInstanceProperties[$property]
        if ($null -eq $found) {
            $row[$property] = $null
        }
        else {
            $row[$property] = ConvertTo-Plain $found.Value $property
        }
    }
    $row
}

function Read-Definition {
    # The properties that a class has here; nothing where the site has no such class.
    param([hashtable] $Site, [string] $Name)
    try {
        $definition = Get-CimClass -ClassName $Name @Site
    }
    catch [Microsoft.Management.Infrastructure.CimException] {
        if ('NotFound', 'InvalidClass' -contains [string] $_.Exception.NativeErrorCode) {
            return
        }
        throw
    }
    $definition.CimClassProperties | ForEach-Object { $_.Name }
}

function Read-Class {
    # How the reading of one class went; its instances are written, one a line.
    param([hashtable] $Site, [string] $Name, [string[]] $Wanted)
    $entry = [ordered]@{
        class = $Name; state = 'failed'; reason = ''; properties = @(); absent_properties = @()
        file = ''; rows = 0; only = $null
    }
    try {
        $known = @(Read-Definition $Site $Name)
        if ($known.Count -eq 0) {
            $entry.state = 'absent'
            $entry.reason = 'the site has no such class'
            return $entry
        }
        $entry.properties = @($Wanted | Where-Object { $known -contains $_ })
        $entry.absent_properties = @($Wanted | Where-Object { $known -notcontains $_ })
        $late = @($entry.properties | Where-Object { $Lazy[$Name] -eq $_ })
        $listed = @($entry.properties | Where-Object { $late -notcontains $_ })
        $question = 'SELECT {0} FROM {1}' -f ($listed -join ', '), $Name
        $questions = @($question)
        if ($Name -eq 'SMS_ComponentSummarizer') {
            $entry.only = [ordered]@{ property = 'TallyInterval'; values = @($SinceMidnight) }
            $questions = @("$question WHERE TallyInterval = '$SinceMidnight'")
        }
        if ($Name -eq 'SMS_FullCollectionMembership') {
            $entry.only = [ordered]@{ property = 'CollectionID'; values = @($Collections) }
            $questions = @($Collections | ForEach-Object { "$question WHERE CollectionID = '$_'" })
        }
        $file = "classes/$Name.ndjson"
        $count = 0
        $writer = New-LineWriter $file
        try {
            foreach ($one in $questions) {
                Get-CimInstance @Site -Query $one -OperationTimeoutSec 3600 | ForEach-Object {
                    $row = ConvertTo-Row $_ $listed
                    if ($late.Count -gt 0 -and ($Name -ne 'SMS_Collection' -or $Collections -contains $row['CollectionID'])) {
                        $whole = Get-CimInstance -InputObject $_
                        foreach ($property in $late) {
                            $row[$property] = ConvertTo-Plain $whole.CimInstanceProperties[$property].Value $property
                        }
                    }
                    $writer.WriteLine((ConvertTo-Json -InputObject $row -Compress -Depth 6))
                    $count++
                }
            }
        }
        finally {
            $writer.Dispose()
        }
        $entry.file = $file
        $entry.rows = $count
        $entry.state = 'complete'
    }
    catch {
        $entry.state = 'failed'
        $entry.reason = $_.Exception.Message
    }
    $entry
}

function Connect-Site {
    # The namespace of the site, here or on another provider.
    $at = @{}
    if ($Provider -and $Provider.Split('.')[0] -ne $Computer.Split('.')[0]) {
        $at.CimSession = New-CimSession -ComputerName $Provider -SessionOption (New-CimSessionOption -Protocol Dcom)
    }
    $code = $SiteCode
    if (-not $code) {
        $here = @(Get-CimInstance @at -Namespace 'root\SMS' -Query 'SELECT SiteCode FROM SMS_ProviderLocation WHERE ProviderForLocalSite = TRUE')
        if ($here.Count -ne 1) {
            throw "There are $($here.Count) sites here: name one with -SiteCode, or its server with -Provider."
        }
        $code = $here[0].SiteCode
    }
    $at.Namespace = "root\SMS\site_$code"
    $at
}

function Get-GroupName {
    # The groups of whoever runs this: a group may be the administrative user.
    $names = New-Object System.Collections.ArrayList
    foreach ($group in $Identity.Groups) {
        try {
            [void] $names.Add($group.Translate([Security.Principal.NTAccount]).Value)
        }
        catch {
            Write-Verbose "A group without a name: $($group.Value)"
        }
    }
    return , $names
}

function Read-Site {
    $site = Connect-Site
    $entries = New-Object System.Collections.ArrayList
    foreach ($line in $Classes -split '\r?\n') {
        $name, $words = $line -split ':', 2
        Write-Verbose "Reading $name"
        [void] $entries.Add((Read-Class $site $name.Trim() @($words.Trim() -split '\s+')))
    }
    $asked = $Computer
    if ($Provider) {
        $asked = $Provider
    }
    $document = [ordered]@{
        format       = 'assess site export: provider classes'
        version      = 1
        site_code    = $site.Namespace.Substring($site.Namespace.Length - 3).ToUpperInvariant()
        provider     = $asked
        collected_at = $Moment.ToString($TimeFormat)
        account      = [ordered]@{ name = $Identity.Name; groups = (Get-GroupName) }
        classes      = $entries
    }
    Write-Text 'site.json' (ConvertTo-Json -InputObject $document -Depth 6)
    $failed = @($entries | Where-Object { $_.state -eq 'failed' } | ForEach-Object { '{0}: {1}' -f $_.class, $_.reason })
    if ($failed.Count -gt 0) {
        throw "not every class could be read: $($failed -join '; ')"
    }
}

# -- certificate stores and groups ----------------------------------------------------------------

# Runs on the computer itself, here or through remoting; the answer is one text of JSON.
$ReadStore = {
    param([string] $Store)
    $ErrorActionPreference = 'Stop'
    $system = Get-CimInstance -Query 'SELECT DNSHostName, Domain, PartOfDomain FROM Win32_ComputerSystem'
    $name = $system.DNSHostName
    if ($system.PartOfDomain) {
        $name = '{0}.{1}' -f $system.DNSHostName, $system.Domain
    }
    $found = New-Object System.Collections.ArrayList
    foreach ($certificate in @(Get-ChildItem -LiteralPath "Cert:\LocalMachine\$Store")) {
        $one = [ordered]@{
            thumbprint = $certificate.Thumbprint
            has_private_key = $certificate.HasPrivateKey
            raw_data = [Convert]::ToBase64String($certificate.RawData)
        }
        if ($certificate.HasPrivateKey) {
            # What the key says of itself. It is not exported, and nothing is signed with it.
            try {
                $key = [Security.Cryptography.X509Certificates.RSACertificateExtensions]::GetRSAPrivateKey($certificate)
                if ($key -is [Security.Cryptography.RSACng]) {
                    $one['provider'] = $key.Key.Provider.Provider
                    $one['exportable'] = [bool] ([int] $key.Key.ExportPolicy -band 3)
                }
                elseif ($key -is [Security.Cryptography.RSACryptoServiceProvider]) {
                    $one['provider'] = $key.CspKeyContainerInfo.ProviderName
                    $one['exportable'] = $key.CspKeyContainerInfo.Exportable
                }
            }
            catch {
                Write-Verbose "The key of $($certificate.Thumbprint) cannot be asked: $($_.Exception.Message)"
            }
        }
        [void] $found.Add($one)
    }
    $answer = [ordered]@{ server = $name; domain_joined = $system.PartOfDomain }
    try {
        $status = @(dsregcmd.exe /status)
        if ($status -match '^\s*AzureAdJoined\s*:') {
            $answer['entra_joined'] = [bool] ($status -match '^\s*AzureAdJoined\s*:\s*YES')
            $answer['entra_registered'] = [bool] ($status -match '^\s*WorkplaceJoined\s*:\s*YES')
        }
    }
    catch {
        Write-Verbose 'dsregcmd is not there: an older Windows.'
    }
    if ($Store -eq 'Root') {
        $answer['roots'] = $found
    }
    else {
        $answer['certificates'] = $found
    }
    ConvertTo-Json -InputObject $answer -Compress -Depth 4
}

$ReadGroups = {
    $ErrorActionPreference = 'Stop'
    $system = Get-CimInstance -Query 'SELECT DNSHostName, Domain FROM Win32_ComputerSystem'
    $text = @(gpresult.exe /r /scope computer)
    if ($LASTEXITCODE -ne 0) {
        throw "gpresult ends with $LASTEXITCODE; run this elevated."
    }
    '{0}.{1}' -f $system.DNSHostName, $system.Domain
    $text -join "`r`n"
}

function Invoke-On {
    # The same on this computer and on others; each failure is kept beside what the others say.
    param([scriptblock] $Body, [object[]] $With, [string[]] $Names, [switch] $NotHere)
    $answers = New-Object System.Collections.ArrayList
    $errors = New-Object System.Collections.ArrayList
    if (-not $NotHere) {
        try {
            [void] $answers.Add(@(& $Body @With))
        }
        catch {
            [void] $errors.Add(('{0}: {1}' -f $Computer, $_.Exception.Message))
        }
    }
    foreach ($name in $Names) {
        try {
            [void] $answers.Add(@(Invoke-Command -ComputerName $name -ScriptBlock $Body -ArgumentList $With))
        }
        catch {
            [void] $errors.Add(('{0}: {1}' -f $name, $_.Exception.Message))
        }
    }
    @{ answers = $answers; errors = $errors }
}

function Write-Store {
    # One file with the stores of several computers, as far as they could be read.
    param([string] $Name, [string] $Member, [string] $Store, [string[]] $Names, [switch] $NotHere)
    $done = Invoke-On $ReadStore @($Store) $Names -NotHere:$NotHere
    if ($done.answers.Count -gt 0) {
        $texts = @($done.answers | ForEach-Object { [string] $_[0] })
        Write-Text $Name ('{"' + $Member + '": [' + ($texts -join ",`n") + ']}')
    }
    if ($done.errors.Count -gt 0) {
        throw ($done.errors -join '; ')
    }
}

function Write-Groups {
    $done = Invoke-On $ReadGroups @() $Servers
    foreach ($answer in $done.answers) {
        Write-Text ('collected/groups/{0}.txt' -f [string] $answer[0]) ([string] $answer[1])
    }
    if ($done.errors.Count -gt 0) {
        throw ($done.errors -join '; ')
    }
}

# -- logs and the way to the internet -------------------------------------------------------------

function Read-RegistryValue {
    param([string] $Path, [string] $Name)
    $key = Get-Item -LiteralPath $Path -ErrorAction SilentlyContinue
    if ($null -ne $key) {
        $key.GetValue($Name)
    }
}

function Copy-Logs {
    $site = Read-RegistryValue 'HKLM:\SOFTWARE\Microsoft\SMS\Identification' 'Installation Directory'
    $ccm = Read-RegistryValue 'HKLM:\SOFTWARE\Microsoft\CCM\Logging\@Global' 'LogDirectory'
    $folders = @()
    if ($site) {
        $folders += Join-Path $site 'Logs'
    }
    if ($ccm) {
        $folders += $ccm
    }
    # Each component of a site system names its log, also where there is no site server.
    foreach ($component in @(Get-ChildItem -LiteralPath 'HKLM:\SOFTWARE\Microsoft\SMS\Tracing' -ErrorAction SilentlyContinue)) {
        $file = $component.GetValue('TraceFilename')
        if ($file) {
            $folders += [IO.Path]::GetDirectoryName($file)
        }
    }
    $folders = @($folders | Where-Object { Test-Path -LiteralPath $_ } | ForEach-Object { $_.TrimEnd('\') } | Sort-Object -Unique)
    $count = 0
    foreach ($place in $folders) {
        foreach ($file in @(Get-ChildItem -LiteralPath $place -File)) {
            $stem = $file.BaseName -replace '-\d{8}-\d{6}$', ''
            if ($Logs -contains $stem -and '.log', '.lo_' -contains $file.Extension) {
                Copy-Log $file.FullName ('logs/{0}/{1}' -f $Computer, $file.Name)
                $count++
            }
        }
    }
    if ($count -eq 0) {
        throw "none of the wanted logs is on $Computer ($($folders -join ', '))"
    }
}

function Test-Endpoint {
    # What comes of one request, verified as Windows verifies it.
    param([string] $Address)
    $answer = [ordered]@{ url = $Address; status = 0; error = ''; proxy = ''; root = '' }
    $request = [Net.WebRequest]::Create($Address)
    $request.Method = 'GET'
    $request.Timeout = 20000
    $request.AllowAutoRedirect = $false
    if ($Proxy) {
        $request.Proxy = New-Object System.Net.WebProxy $Proxy
    }
    if ($null -ne $request.Proxy) {
        $way = $request.Proxy.GetProxy($request.RequestUri)
        if ($null -ne $way -and $way -ne $request.RequestUri) {
            $answer.proxy = $way.Authority
        }
    }
    try {
        $response = $request.GetResponse()
        $answer.status = [int] $response.StatusCode
        $response.Close()
    }
    catch {
        $fault = $_.Exception
        while ($fault -isnot [Net.WebException] -and $null -ne $fault.InnerException) {
            $fault = $fault.InnerException
        }
        if ($fault -is [Net.WebException] -and $null -ne $fault.Response) {
            $answer.status = [int] $fault.Response.StatusCode
        }
        else {
            $answer.error = $fault.Message
        }
    }
    if ($null -ne $request.ServicePoint.Certificate) {
        $chain = New-Object System.Security.Cryptography.X509Certificates.X509Chain
        $chain.ChainPolicy.RevocationMode = 'NoCheck'
        $leaf = New-Object System.Security.Cryptography.X509Certificates.X509Certificate2 $request.ServicePoint.Certificate
        [void] $chain.Build($leaf)
        $last = $chain.ChainElements[$chain.ChainElements.Count - 1].Certificate
        $answer.root = [Convert]::ToBase64String($last.RawData)
    }
    $answer
}

function Write-Internet {
    [Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
    $probes = New-Object System.Collections.ArrayList
    foreach ($one in $Endpoint) {
        [void] $probes.Add((Test-Endpoint $one))
    }
    $document = [ordered]@{ computer = $Computer; at = [datetime]::UtcNow.ToString($TimeFormat); probes = $probes }
    Write-Text 'collected/internet.json' (ConvertTo-Json -InputObject $document -Depth 4)
}

# -- all of it ------------------------------------------------------------------------------------

function Write-Manifest {
    # Last: length and digest of every file, so that what is cut short or changed is noticed.
    $files = New-Object System.Collections.ArrayList
    foreach ($file in @(Get-ChildItem -LiteralPath $script:ExportFolder -Recurse -File)) {
        $name = $file.FullName.Substring($script:ExportFolder.Length + 1).Replace('\', '/')
        $digest = (Get-FileHash -LiteralPath $file.FullName -Algorithm SHA256).Hash.ToLowerInvariant()
        [void] $files.Add([ordered]@{ path = $name; bytes = $file.Length; sha256 = $digest })
    }
    $manifest = [ordered]@{
        format     = 'assess site export'
        version    = 1
        collector  = $CollectorVersion
        written_at = [datetime]::UtcNow.ToString($TimeFormat)
        computer   = $Computer
        user       = $Identity.Name
        files      = $files
        sections   = $Sections
    }
    Write-Text 'manifest.json' (ConvertTo-Json -InputObject $manifest -Depth 4)
}

function Write-Zip {
    Add-Type -AssemblyName System.IO.Compression.FileSystem
    [IO.Compression.ZipFile]::CreateFromDirectory($script:ExportFolder, "$script:ExportFolder.zip")
}

Invoke-Section 'site' { Read-Site }
Invoke-Section 'servers' { Write-Store 'collected/servers.json' 'servers' 'My' $Servers }
if ($Clients.Count -gt 0) {
    Invoke-Section 'clients' { Write-Store 'collected/clients.json' 'clients' 'My' $Clients -NotHere }
}
else {
    Add-Section 'clients' 'left-out' 'no -Client was given'
}
Invoke-Section 'roots' { Write-Store 'collected/roots.json' 'servers' 'Root' $Servers }
Invoke-Section 'groups' { Write-Groups }
Invoke-Section 'logs' { Copy-Logs }
Invoke-Section 'internet' { Write-Internet }
Write-Manifest
Write-Host "Written: $ExportFolder"
if (-not $NoZip) {
    Write-Zip
    Write-Host "Send:    $ExportFolder.zip"
}
