import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import type { Settings } from './settings.ts';

/** The API under a domain of one's own, TLS 1.2 or newer. */
export class ApiDomain extends Construct {
  /** Where the domain's record has to point (CNAME or alias) when no hosted zone is given. */
  readonly target: string;

  constructor(scope: Construct, id: string, api: apigateway.RestApi, settings: Settings) {
    super(scope, id);
    const domain = new apigateway.DomainName(this, 'Domain', {
      domainName: settings.domainName,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', settings.certificateArn),
      endpointType: apigateway.EndpointType.REGIONAL,
      securityPolicy: apigateway.SecurityPolicy.TLS_1_2,
      mapping: api,
    });
    this.target = domain.domainNameAliasDomainName;
    if (settings.hostedZoneId !== '') {
      for (const type of ['A', 'AAAA']) {
        new CfnRecordSet(this, `Record${type}`, {
          type,
          name: settings.domainName,
          hostedZoneId: settings.hostedZoneId,
          aliasTarget: {
            dnsName: domain.domainNameAliasDomainName,
            hostedZoneId: domain.domainNameAliasHostedZoneId,
          },
        });
      }
    }
  }
}
