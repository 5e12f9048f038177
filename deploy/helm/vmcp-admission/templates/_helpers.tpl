{{/* Name of all objects: the release, with the name of the chart unless the release has it. */}}
{{- define "vmcp-admission.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 53 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 53 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{/* Labels that select the Pods. */}}
{{- define "vmcp-admission.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Labels of all objects that no value may change. */}}
{{- define "vmcp-admission.ownLabels" -}}
{{ include "vmcp-admission.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "vmcp-admission.labels" -}}
{{ include "vmcp-admission.ownLabels" . }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/*
metadata of an object: (list . "suffix" annotations). The name gets the suffix, and is cut before it where a fourth member says
how long it may be: names of Jobs have at most 63 letters, those of CronJobs 52.
*/}}
{{- define "vmcp-admission.metadata" -}}
{{- $ := index . 0 -}}
{{- $most := 253 }}
{{- if gt (len .) 3 }}{{ $most = index . 3 }}{{ end -}}
metadata:
  name: {{ include "vmcp-admission.name" $ | trunc (sub $most (len (index . 1)) | int) | trimSuffix "-" }}{{ index . 1 }}
  labels:
    {{- include "vmcp-admission.labels" $ | nindent 4 }}
  {{- with merge (deepCopy (index . 2)) $.Values.commonAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "vmcp-admission.image" -}}
{{- with .Values.image -}}
{{- if .registry }}{{ .registry }}/{{ end }}{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end -}}
{{- end -}}
{{- end }}

{{- define "vmcp-admission.pullSecrets" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "vmcp-admission.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  {{- with .Values.runAsUser }}
  runAsUser: {{ . }}
  runAsGroup: {{ . }}
  fsGroup: {{ . }}
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- define "vmcp-admission.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{/*
The template of a Pod that a Job runs: (list . "suffix" "container" arguments). The suffix makes the ServiceAccount and a label
of its own: the Service and the disruption budget must not select this Pod.
*/}}
{{- define "vmcp-admission.jobPod" -}}
{{- $ := index . 0 -}}
{{- $suffix := index . 1 -}}
metadata:
  labels:
    app.kubernetes.io/name: {{ $.Chart.Name }}{{ $suffix }}
    app.kubernetes.io/instance: {{ $.Release.Name }}
spec:
  {{- include "vmcp-admission.pullSecrets" $ | nindent 2 }}
  serviceAccountName: {{ include "vmcp-admission.name" $ }}{{ $suffix }}
  automountServiceAccountToken: true
  enableServiceLinks: false
  restartPolicy: Never
  {{- with $.Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $.Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- include "vmcp-admission.podSecurity" $ | nindent 2 }}
  containers:
    - name: {{ index . 2 }}
      image: {{ include "vmcp-admission.image" $ | quote }}
      imagePullPolicy: {{ $.Values.image.pullPolicy }}
      args:
        {{- toYaml (index . 3) | nindent 8 }}
      resources:
        requests:
          cpu: 50m
          memory: 96Mi
        limits:
          memory: 256Mi
      {{- include "vmcp-admission.containerSecurity" $ | nindent 6 }}
{{- end }}

{{/*
The Secret with the serving certificate. Releases of one namespace have one each; without another name, the one that you make
has the name that the command `certs` gives it.
*/}}
{{- define "vmcp-admission.servingSecret" -}}
{{- if eq .Values.certificates.mode "selfManaged" }}{{ include "vmcp-admission.name" . }}-certs
{{- else if .Values.certificates.secretName }}{{ .Values.certificates.secretName }}
{{- else if eq .Values.certificates.mode "existingSecret" }}vmcp-admission-tls
{{- else }}{{ include "vmcp-admission.name" . }}-tls{{ end -}}
{{- end }}

{{/* The annotations of the webhook configurations. */}}
{{- define "vmcp-admission.registrationAnnotations" -}}
# Without it AKS rewrites the selectors, and GitOps tools see drift.
admissions.enforcer/disabled: "true"
{{- if ne .Values.certificates.mode "selfManaged" }}
# Not with selfManaged: the Job that lets the replicas start needs the configurations.
argocd.argoproj.io/sync-wave: "1"
{{- end }}
{{- if eq .Values.certificates.mode "certManager" }}
cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/{{ include "vmcp-admission.name" . }}
{{- else if eq .Values.certificates.mode "openshift" }}
service.beta.openshift.io/inject-cabundle: "true"
{{- end }}
{{- end }}

{{/* The namespaces that are reviewed. */}}
{{- define "vmcp-admission.namespaceSelector" -}}
matchExpressions:
  - key: kubernetes.io/metadata.name
    {{- with .Values.namespaces.include }}
    operator: In
    values: {{ toJson . }}
    {{- else }}
    operator: NotIn
    values: {{ concat (list "kube-system" "kube-node-lease" "kube-public" .Release.Namespace) .Values.namespaces.exclude | uniq | toJson }}
    {{- end }}
  {{- with .Values.namespaces.matchExpressions }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/*
The webhooks of a file of deploy/base, with the settings of this release: (list . "files/NAME.yaml" settings). A webhook that
fails open in the file, since it only warns, stays so.
*/}}
{{- define "vmcp-admission.webhooks" -}}
{{- $ := index . 0 }}
{{- $settings := index . 2 }}
{{- range ($.Files.Get (index . 1) | fromYaml).webhooks }}
{{- $service := dict "name" (include "vmcp-admission.name" $) "namespace" $.Release.Namespace "path" .clientConfig.service.path "port" 443 }}
{{- $client := dict "service" $service }}
{{- if and (eq $.Values.certificates.mode "existingSecret") $.Values.certificates.caBundle }}
{{- $_ := set $client "caBundle" (b64enc $.Values.certificates.caBundle) }}
{{- end }}
{{- $_ := set . "clientConfig" $client }}
{{- $_ := set . "namespaceSelector" (include "vmcp-admission.namespaceSelector" $ | fromYaml) }}
{{- $_ := set . "timeoutSeconds" (int $settings.timeoutSeconds) }}
{{- if eq .failurePolicy "Fail" }}
{{- $_ := set . "failurePolicy" $settings.failurePolicy }}
{{- end }}
{{- if and $settings.objectSelector (hasPrefix "validate." .name) }}
{{- $_ := set . "objectSelector" $settings.objectSelector }}
{{- end }}
- {{ toYaml . | nindent 2 | trim }}
{{- end }}
{{- end }}
